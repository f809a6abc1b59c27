# StandardScaler + LogisticRegression or LinearSVC on codes that Headwater made: what a data scientist would do first.
# Reads a JSON file {kind, trainCodes, trainLabels, valCodes, valLabels (paths), dims, strength}, prints JSON.
import json
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

job = json.load(open(sys.argv[1]))
x, v = (np.fromfile(job[name], "<f4").reshape(-1, job["dims"]) for name in ("trainCodes", "valCodes"))
y, w = np.array(job["trainLabels"]), np.array(job["valLabels"])
scaler = StandardScaler().fit(x)
if job["kind"] == "svm":
    model = LinearSVC(C=job["strength"], max_iter=100_000, random_state=0)
else:
    model = LogisticRegression(C=job["strength"], max_iter=10_000, tol=1e-6)
model.fit(scaler.transform(x), y)
answers = model.predict(scaler.transform(v))
print(json.dumps({"right": int((answers == w).sum()), "answers": answers.tolist()}))
