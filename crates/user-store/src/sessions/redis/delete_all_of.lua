-- Ends all sessions of a user but one: user_id, the hash that is kept or nothing. Says how many there were.

local user, kept, ended = ARGV[1], ARGV[2], 0
for _, hash in ipairs(redis.call('ZRANGE', index(user), 0, -1)) do
  if hash ~= kept then
    ended = ended + remove(hash, user)
  end
end
return ended
