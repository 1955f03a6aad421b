"""Images as numpy arrays: compressed files, resizing, warping and colours, without torch."""
