"""What can go wrong in `manifests`."""


class ManifestError(ValueError):
    """A value that cannot be written, or a manifest that does not read; one plain sentence."""
