local part = require "part"
print("from work.lua", part.name)
