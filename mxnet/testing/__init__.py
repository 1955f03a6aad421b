"""What ``mxnet.test_utils`` is made of: comparisons, random arrays, checks of symbols."""
