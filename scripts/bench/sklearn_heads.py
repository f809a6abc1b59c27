# scikit-learn's side of the bench of heads. Arguments: a folder with train and val codes (.f32) and labels (.i32),
# the length of a code, a JSON list of strengths. Prints {kind: images of val named right, at each strength}.
import json
import sys
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

folder, dims, strengths = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
warnings.filterwarnings("ignore")


def read(name):
    codes = np.fromfile(f"{folder}/{name}.f32", "<f4").reshape(-1, dims).astype("f8")
    return codes, np.fromfile(f"{folder}/{name}.i32", "<i4")


x, y = read("train")
unseen, truth = read("val")
scaler = StandardScaler().fit(x)
x, unseen = scaler.transform(x), scaler.transform(unseen)
models = {
    "softmax": lambda c: LogisticRegression(C=c, max_iter=5000),
    "svm": lambda c: LinearSVC(C=c, loss="squared_hinge", dual=True, max_iter=100_000, random_state=0),
}
print(json.dumps({
    kind: [int((make(c).fit(x, y).predict(unseen) == truth).sum()) for c in strengths]
    for kind, make in models.items()
}))
