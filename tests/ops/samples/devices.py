"""Samples of copies between devices."""

from ops.sample import Sample

SAMPLES = [Sample("_CrossDeviceCopy", {}, {"data": (2, 3)}, lambda data: data)]
