# StandardScaler + LogisticRegression on codes that Headwater made: what a data scientist would do first. Reads a
# JSON file {trainCodes, trainLabels, valCodes, valLabels (paths), dims, strength}, prints JSON.
import json
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

job = json.load(open(sys.argv[1]))
x, v = (np.fromfile(job[name], "<f4").reshape(-1, job["dims"]) for name in ("trainCodes", "valCodes"))
y, w = np.array(job["trainLabels"]), np.array(job["valLabels"])
scaler = StandardScaler().fit(x)
model = LogisticRegression(C=job["strength"], max_iter=10_000, tol=1e-6).fit(scaler.transform(x), y)
answers = model.predict(scaler.transform(v))
print(json.dumps({"right": int((answers == w).sum()), "answers": answers.tolist()}))
