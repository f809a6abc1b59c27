# scikit-learn's side of the softmax bench. Arguments: codes (float32 file), labels (int32 file), length of a code.
# Reads one JSON object a line: {"strength": C} fits with the defaults of LogisticRegression and answers seconds,
# iterations and the objective; {"strength": C, "params": path} judges weights of ours (float64: V, then b, for
# standardised columns). Both objectives are computed here, in float64, by the same lines.
import json
import sys
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

codes, labels, dims = sys.argv[1], sys.argv[2], int(sys.argv[3])
x = np.fromfile(codes, "<f4").reshape(-1, dims)
y = np.fromfile(labels, "<i4")
z = StandardScaler().fit_transform(x)
exact = StandardScaler().fit_transform(x.astype("f8"))
classes = y.max() + 1
warnings.filterwarnings("ignore")


def objective(weight, bias, strength):
    scores = exact @ weight.T + bias
    top = scores.max(axis=1)
    losses = np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top - scores[np.arange(len(y)), y]
    return 0.5 * (weight**2).sum() + strength * losses.sum()


for line in sys.stdin:
    job = json.loads(line)
    strength = job["strength"]
    answer = {}
    if "params" in job:
        params = np.fromfile(job["params"], "<f8")
        weight, bias = params[: classes * dims].reshape(classes, dims), params[classes * dims :]
    else:
        began = time.perf_counter()
        model = LogisticRegression(C=strength, solver="lbfgs").fit(z, y)
        answer["ms"] = 1000 * (time.perf_counter() - began)
        answer["iterations"] = int(model.n_iter_[0])
        weight, bias = model.coef_, model.intercept_
    answer["objective"] = objective(weight, bias, strength)
    print(json.dumps(answer), flush=True)
