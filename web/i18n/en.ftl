# Every visible string of the pages, in English.
#
# Scripts read these messages as plain patterns, so a message has text and { $name } only: no selectors, no terms.
# Where a number decides, there are two messages, `…-one` and `…-other`.
# The readers sit in the back row and English may be their second language: short sentences, plain words, nothing half true.

## Every page
brand-session = Session
brand-versus = vs
brand-token = Token
nav-label = Pages
nav-wire = The wire
close = Close
present = Present
help-title = Keys
theme-label = Theme
theme-now = Theme: { $theme }
theme-auto = as your system
theme-light = light
theme-dark = dark

## The landing page
landing-title = Session vs Token
landing-probing = Looking for the lab…
landing-noscript = The lab is here:
landing-heading = Your browser does not find the lab by its name
landing-why = The lab uses names that end in .localhost. Most browsers lead such names to your own machine without asking anybody. This one did not, or the lab has stopped.
landing-do = What to do
landing-command = Stop the lab with Ctrl-C, and start it with names that every browser knows:
landing-limits = Nearly everything can be seen that way. The lessons that need two hosts of one site cannot.
landing-or = Or try the name yourself
landing-direct = Is the lab still running? Then this address may work:

cookie-is-plain = This browser refuses Secure cookies on localhost. So the session cookie here has neither Secure nor the __Host- prefix. Never do that on a real server.

## The wire: the bar
wire-title = The wire · Session vs Token
wire-heading = The wire: log in with a session and with a token, and see every request
needs-script = This page sends its requests by script, so it needs JavaScript.
user-label = User and password
lanes-label = On which servers
lanes-both = Both
lanes-session = Session
lanes-token = Token
log-in = Log in
read-balance = Read my balance
transfer = Transfer 10.00
log-out = Log out
replay = Replay the credential
replay-title = A copy of the last cookie and of the last access token is sent from outside this browser.
clock-label = The clock of the lab
lab-time = lab time, UTC
advance-15m = +15 min
advance-1d = +1 day
advance-7d = +1 week
advance-30d = +1 month
clock-reset = back to now
clock-reset-title = Sets the clock right. This ends every session and every refresh token.
preset-label = lifetimes
preset-best-practice = best practice
preset-as-in-the-notes = as in the notes
lab-reset = Reset the lab
lab-reset-title = Starts again: the accounts as at first, no session, no token, an empty record.

## The wire: the lanes
session-heading = Session
session-tagline = A claim ticket. The browser sends it by itself; the server looks up whose it is.
session-diagram = Exchanges with the session server, oldest first
session-empty = Your password will go to the server once. The server writes a row, and its answer sets a cookie. From then on the browser sends the cookie with each request.
token-heading = Token
token-tagline = A signed letter. The page’s script sends it by hand; the server checks the signature.
token-diagram = Exchanges with the token server, oldest first
token-empty = Your password will go to the server once. The server signs a token, and this page’s script keeps it. From then on the script writes the token into each request.
empty-press = Press “Log in”, or the key L.
to-newest = ↓ newest
actor-browser = browser
actor-server = server
actor-store = store

## The diagram
exchange = Exchange { $id }: { $line }, { $status }
open-request = The whole request
open-response = The whole response
tag-elsewhere = a copy, from elsewhere
tag-client = another client: { $client }
tag-unnamed-client = without a name
tag-tab = another tab
pause = { $span } later
reads = reads to authenticate: { $reads }
reads-and-writes = reads to authenticate: { $reads } · writes: { $writes }
in-all = { $duration } in all
the-application = the application:
preflight-allowed = ✓ preflight: this page may send { $wanted }
preflight-refused = ✗ preflight: this page may not send { $wanted }
duration-us = { $value } µs
duration-ms = { $value } ms
span-days = { $days } d { $hours } h
span-hours = { $hours } h { $minutes } min
span-round-minutes = { $minutes } min
span-round-hours = { $hours } h
span-round-days = { $days } d
time-other-day = { $date }, { $time }

## What is kept
browser-keeps = The browser keeps
script-keeps = This page’s script keeps
server-keeps = The server keeps
browser-keeps-nothing = No cookie of this server, as far as the record shows.
script-keeps-nothing = No token. What a script holds in memory is gone after a reload.
in-memory = in memory
expires-in = expires in { $span }
expired = expired
refresh-expires-in = refresh token: { $span }
refresh-expired = refresh token expired
bytes-a-request-one = { $count } byte a request
bytes-a-request-other = { $count } bytes a request
bytes-title = The length of the whole header line, as last recorded
copied = somebody’s copy: { $value }
read-token = Read what the token says
rows-one = { $count } row
rows-other = { $count } rows
for-access-token = for the access token
session-row = { $id }… → { $user } · seen { $seen } · idle { $idle } · ends { $ends }
family-row = refresh family { $id }… → { $user } · generation { $generation } · until { $ends }
row-expired = expired
row-revoked = revoked
revoked-logged-out = logged out
revoked-reused = revoked: an old token was used again
revoked-user-banned = revoked: user banned
revoked-password-changed = revoked: password changed
revoked-administrator = revoked by an administrator

## What just happened
announce-start = Log in, and watch what crosses the wire.
happened = Session: { $session }. Token: { $token }.
happened-alike = On both: { $both }.
happened-session = Session: { $session }.
happened-token = Token: { $token }.
did-log-in = { $user } is logged in
did-balance = the balance is { $amount }
did-transfer = { $amount } went to { $to }
did-log-out = logged out
did-refresh-and-balance = the access token was refused, the refresh token brought a new pair, the balance is { $amount }
did-refresh-and-transfer = the access token was refused, the refresh token brought a new pair, { $amount } went to { $to }
refresh-refused = the access token and the refresh token are both refused; log in again
no-token-here = this page holds no token to log out with
nothing-copied = nothing to replay yet; log in first
copy-accepted = the copy was accepted ({ $status })
copy-refused = the copy was refused ({ $status })
refused-401 = refused (401); log in
refused-429 = refused (429): too many tries; wait { $seconds } s
refused-503 = the server is busy (503); try again in { $seconds } s
refused-other = refused ({ $status }): { $reason }
refused-bare = refused ({ $status })
unreachable = no answer from { $host } (is the lab still running?)
page-defect = this page failed: { $error }
lab-offline = The lab does not answer. Start it again; this page goes on by itself.
lab-online = The lab answers again.
ended-sessions-one = { $count } session
ended-sessions-other = { $count } sessions
ended-access = the access token
ended-refresh = the refresh token
advanced-nothing = { $step }: nothing expired.
advanced = { $step }. Expired: { $ended }.
advanced-left = { $step }. Expired: { $ended }. Still good: { $left }.
clock-was-reset = Back to now. Every session and every refresh token has ended.
lab-was-reset = The lab is as new. A cookie from before may still be in your browser; no server knows it.
preset-is-best-practice = New tokens: access 15 minutes, refresh 30 days.
preset-is-as-in-the-notes = New tokens, as in the notes: access a week, refresh a month.
stepped = { $position } of { $count }. { $name }

## The message dialog
message-parts-label = Which message
message-request = Request
message-response = Response
message-under = exchange { $id } · { $server } server · { $time } UTC
access-token = Access token
access-token-under = as this page holds it
body-not-kept = (the record did not keep this body)
decoded-title = The token, readable by anyone
jwt-header = header
jwt-header-note = How it is signed, and with which key.
jwt-payload = payload
jwt-payload-note = Encoded, not encrypted.
jwt-times = Issued { $issued }, expires { $expires } (UTC). Encoded, not encrypted.
jwt-signature = signature
jwt-signature-note = Covers header and payload, nothing else of the request. Only the server’s key makes it.
not-a-jwt = This is no JWT.
cookie-title = The session cookie
cookie-sent = The browser added it by itself. It says nothing about the user: the server looks up the row that it stands for.
cookie-sent-by-other = Not this browser: whoever has the value can send it. It says nothing about the user: the server looks up the row that it stands for.
cookie-set = It says nothing about the user: it stands for a row on the server.
cookie-deleted = The browser is told to forget it.
explain-host-prefix = __Host-: set by this very host, with Secure, for every path. A sibling host cannot plant it.
explain-httponly = HttpOnly: no script can read it, this page’s included.
explain-secure = Secure: not sent over plain http; *.localhost counts as secure.
explain-samesite = SameSite=Lax: requests from another site do not bring it, except when you go there, as by a link.
curl-title = The same from a terminal
copy-curl = Copy as curl
copied-curl = Copied
selected-curl = Selected: press your copy key
steps-title = What the server did, { $total } in all
step = step
phase = it serves
phase-authentication = to authenticate
phase-application = the application
starts = starts at
takes = takes
result = result
why-argon2id = Slow on purpose: whoever steals the table of passwords must pay this for each guess.
why-select-failures = Whoever has guessed wrong too often is turned away before anything costly is done.
why-update-failures = Counted before the password is looked at, and settled after: a burst of guesses cannot slip through together.
why-select-user = Finds the user, and the hash of the password.
why-select-session = Finds out who is asking. Without this row the cookie means nothing.
why-insert-session = From now on the server remembers this login.
why-delete-session = A copy of the cookie may live on; it stands for nothing now.
why-sign = Anyone can read the token; only the holder of this key can make one.
why-check = Finds out who is asking, from the token alone: no store is read.
why-insert-family = A refresh token can be taken back, so the server must remember it.
why-update-family = One transaction decides: the next generation, or the end of the family.

## The keys
keys-title = Keys
key-advance = Advance the clock: 15 minutes, a day, a week, a month
key-present = Projector mode, on and off
key-step = In projector mode: the exchange before, the exchange after
key-leave = Leave projector mode
key-theme = Theme: as your system, light, dark
key-help = This list
single-keys = Single keys act on this page

## Experiments: every page
nav-experiments = Experiments
minutes = min
run = Run
stop = Stop
key-experiment-step = the step before, the step after (presenting)

## Experiments: the contents
experiments-title = Experiments · Session vs Token
experiments-heading = What they say, and what your browser does
experiments-lead = Each claim below goes round in notes and tutorials. Do not believe them, and do not believe us: predict, run it here, and look.
experiments-count = experiments
experiments-first = First of all
experiments-last = And what people also believe
experiments-done = { $count } done

## Experiments: one of them
experiment-claims = Claims
experiment-place = experiment { $number } of { $count }
steps-label = Steps
steps-end = There is no further step.
done-mark = done
step-predict = Predict
step-run = Run
step-observed = Observed
step-why = Why
progress-label = Progress
reset-experiment = Reset this experiment
wire-of-run = What crossed the wire
show-all-exchanges = Show all of this run
save-json = Save as JSON
save-svg = Save the picture
others-heading = The others
others-diagram = Exchanges with the origins beside the bank, oldest first
neighbours-label = Other experiments

switch-label = Try
switch-both = broken, then sound
switch-broken = broken
switch-sound = sound
switch-default = as the servers start by default
switch-what = What the switch changes, and the lines that decide
switch-code = Source: { $file }
input-as-it-was = As it was

experiment-ready = Make your predictions, then run it.
experiment-running = Running in this browser…
experiment-doing = { $what }
experiment-stopped = Stopped. What was observed so far stands below.
experiment-done = { $agree } of { $count } as expected for this browser.
experiment-done-open = Done. This is what was found.
experiment-no-verdict = The settings changed during the run, so it has no verdict. Run it again.
experiment-unfinished = One step is left: close this browser, all of it. Start it again, come back to this page, and go on.
continue-run = Go on with the run
experiment-failed = The run ended early: { $error }
experiment-was-reset = Predictions and results of this experiment are forgotten.
experiment-restarting = The server restarts with { $settings }.
experiment-as-default = Both servers are as by default again.
experiment-other-tab = Another tab changed the settings, the clock or the lab. All tabs share them.
experiment-settings-elsewhere = Another page has set { $settings }. A run here begins without it.
experiment-needs-hosts = Not observable here: the lab runs under plain localhost, and this experiment needs a host name for each of its servers. It gives no verdict.
experiment-no-passport = This browser has no passport yet, so what is expected of it is a guess.
experiment-take-passport = Take the passport first
open-tab = Open { $host } in a new tab
open-tab-why = The next part happens on a page of { $host }. Open it, wait until it says that it is done, and come back.

predict = Your prediction for { $cell }
you-said-right = you said so ✓
you-said-wrong = you said: { $outcome } ✗
otherwise = Your browser did otherwise. Expected: { $outcome }.
not-observable = not observable here
not-observed = not observed
open-cell = Show the exchanges of { $cell }
cell-rule = { $source }
claim-verdict-true = What was observed speaks for it.
claim-verdict-half = What was observed speaks for it and against it.
claim-verdict-false = What was observed speaks against it.
claim-verdict-none = Not enough was observed to say.
verdict-word-true = True here
verdict-word-half = Half true
verdict-word-false = False
verdict-word-none = No verdict
claim-for = for it
claim-against = against it
recorded-in = Recorded in { $browsers }.
recorded-one = { $browser } { $version } ({ $date })
recorded-differs-allowed = { $browser } { $version }, third-party cookies allowed: { $outcome }
recorded-differs-blocked = { $browser } { $version }, third-party cookies blocked: { $outcome }
setting-default = as by default
settings-label = Setting { $key }

## What the notes say, in our words
claim-C1 = A token is a credential for an API; the simplest is user id, time and a signature.
claim-C2 = Tokens make the server stateless, so it scales.
claim-C3 = Tokens suit mobile apps and calls from program to program.
claim-C4 = Tokens are safer than sessions.
claim-C5 = Log in with name and password, get a token back, send it with each request.
claim-C6 = Keep the token in a cookie or in localStorage.
claim-C7 = Each request carries the token by hand, in a header.
claim-C8 = Parsing a token costs processor time instead of session storage and look-ups.
claim-C9 = The application manages tokens itself, so they escape the same-origin policy.
claim-C10 = A refresh token renews the access token without asking for the password again.
claim-C11 = The access token lives a week, the refresh token a month.
claim-C12 = Refresh tokens sit in the database and are looked at only on refresh, so ordinary calls stay fast.
claim-C13 = Sessions live in the server's memory; tokens need none.
claim-C14 = The server need not keep tokens.
claim-C15 = To share data with third parties use a token; for your own site use either.
claim-C16 = JWT is the answer across domains; session cookies cannot cross them.
claim-C17 = The user's data is encrypted into the JWT.
claim-C18 = Header, payload, signature: the signature stops tampering.
claim-C19 = A JWT uses no cookie, so it has no CORS problem.
claim-C20 = Put into a cookie, a JWT cannot go cross-origin; so Authorization is best.
claim-C21 = Checking that the token is legitimate is checking that the request is.

## The pages of the origins beside the lab
stage-you-are-at = You are at
stage-click = Open a new tab
stage-form = This page sends a form to the bank, with whatever your browser adds:
stage-over = Done. Go back to the tab of the lab.
stage-idle = Nothing to do here. The lab is at
stage-knows-you = The server knows you: { $name }.
stage-knows-nobody = The server does not know who you are.
stage-is-blog = A blog on a host beside the bank's: another origin, the same site.
stage-is-evil = The attacker: another site.
stage-is-partner = A third-party service: another site.
stage-is-twin = Another service on the bank's host, on another port.
stage-click-popup = A click of yours, anywhere
vulnerable-title = The bank's notice board
vulnerable-nobody = Nobody has logged in on this page.
vulnerable-policy = The policy of this page:
vulnerable-username = Name
vulnerable-password = Password

## Experiments: strips of dots
dots-median = median { $median } ms
dots-beyond = { $count } of them beyond { $end } ms, drawn at the edge
dots-described = { $label }: { $count } times, median { $median } ms, from { $least } to { $most } ms
dots-end = { $end } ms
