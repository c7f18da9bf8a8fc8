"""A service seen from another machine: what `farm submit` and its kin ask it over HTTP."""
