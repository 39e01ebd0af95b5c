return { name = "from part.lua" }
