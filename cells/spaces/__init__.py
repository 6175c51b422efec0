"""Search spaces: what a controller may decide, and how decisions become cells."""
