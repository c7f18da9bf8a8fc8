"""One file a migration; never changed once it is released."""
