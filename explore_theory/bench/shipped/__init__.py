"""The measurements of speed that come with the package, one subject a file."""
