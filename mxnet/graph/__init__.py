"""The intermediate representation: immutable graphs of operator nodes."""
