"""What the tests are run with: one file a noun."""
