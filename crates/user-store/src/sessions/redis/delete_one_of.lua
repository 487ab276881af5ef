-- Ends the session of a listed name, or what came of it by renewal, if it is the user's: user_id, name. Says how many that were.

local user, name, ended = ARGV[1], ARGV[2], 0
for _, hash in ipairs(redis.call('ZRANGE', index(user), 0, -1)) do
  if string.sub(hash, 1, 32) == name then
    ended = ended + remove(hash, user)
  end
end
local hash = redis.call('GET', trail(name))
while hash do
  if redis.call('HGET', row(hash), 'user_id') == user then
    ended = ended + remove(hash, user)
  end
  hash = redis.call('GET', trail(hash))
end
return ended
