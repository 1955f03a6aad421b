"""The version: that of the 1.x interface, with remx's own as its local part."""

REMX_VERSION = "0.1.0"
__version__ = f"1.9.1+remx.{REMX_VERSION}"
