-- Ends the session of a hash and whatever came of it by renewal: hash. Says how many sessions that were.

local hash, ended = ARGV[1], 0
while hash do
  local user = redis.call('HGET', row(hash), 'user_id')
  if user then
    ended = ended + remove(hash, user)
  end
  local next = redis.call('GET', trail(hash))
  redis.call('DEL', trail(hash))
  hash = next
end
return ended
