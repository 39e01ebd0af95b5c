import os
assert not os.path.exists("started")
