"""What every REST view shares; the framework loads these modules by name, so this one imports none of them."""
