// @ts-check
/** What people choose when a program asks for a secret: words of tutorials, of keyboards, and of everyday life, with the usual endings. */

const WORDS = `
secret your-secret your_secret yoursecret your-secret-key your_secret_key my-secret
my_secret mysecret my-secret-key my_secret_key mysecretkey my-super-secret super-secret super_secret supersecret supersecretkey
super-secret-key secretkey secret-key secret_key secretkeyforjwt secrettoken thesecret topsecret top-secret verysecret very-secret
notsosecret not-so-secret shhh shhhh shhhhh shared-secret sharedsecret jwt jwtsecret jwt-secret jwt_secret jwtkey jwt-key
jwt_key jsonwebtoken json-web-token token tokensecret tokenkey accesstoken access-token refreshtoken refresh-token signature signing-key
signingkey signing private private-key privatekey public publickey key keykey apikey api-key api_key apisecret appsecret app-secret appkey
client-secret clientsecret session sessionsecret session-secret cookie cookiesecret keyboardcat keyboard-cat
your-256-bit-secret your-384-bit-secret your-512-bit-secret hmac hmackey hs256 hs256key hs512 sha256 rs256 bearer oauth auth authsecret auth-secret authentication authorization crypto cipher salt
pepper hash nonce passphrase changeme change-me change_me changethis change-this changeit replaceme replace-me todo fixme tobechanged default
example sample demo test testing tester testkey testsecret test-secret development developer dev devsecret dev-secret devkey staging
production prod local localhost server backend frontend database mysql postgres redis mongo docker kubernetes django flask rails spring laravel
express node nodejs react angular vue golang rust python java javascript typescript kotlin swift ruby github gitlab jenkins ubuntu debian
linux windows macos android iphone oracle admin administrator root superuser sysadmin system user username guest login logon signin welcome
password passwd passw0rd p@ssw0rd p4ssword pass passcode pwd letmein letmeinnow openup opensesame sesame open enter access master mastermind
masterkey qwerty qwertyuiop qwertz azerty asdf asdfgh asdfghjkl zxcvbn zxcvbnm yxcvbnm qazwsx qweasd abc abcd abcdef abcdefg abc123 aaaa
aaaaaa zzzzzz xxxxxx foobar foo bar baz foobarbaz fizzbuzz lorem ipsum loremipsum hello helloworld hello-world world hi
one two three four five six seven eight nine ten 1234 12345 123456 1234567 12345678 123456789 1234567890 0987654321 87654321 654321
0000 00000000 1111 11111111 2222 4321 7777777 888888 112233 121212 123123 123321 666666 31415926 314159 271828 42
spring summer autumn winter january february march april may june july august september october november december monday tuesday
wednesday thursday friday saturday sunday morning evening midnight sunshine moonlight rainbow thunder lightning snow snowflake storm ocean river
mountain forest island desert valley garden meadow harbour lighthouse castle tower bridge village city berlin paris london madrid
lisbon vienna zurich geneva oslo stockholm helsinki dublin amsterdam brussels prague warsaw budapest athens rome milan venice moscow
istanbul cairo nairobi tokyo kyoto beijing shanghai shenzhen hongkong singapore seoul mumbai delhi sydney melbourne toronto montreal boston chicago
seattle dallas denver austin brooklyn california texas europe africa asia america canada mexico brazil germany france spain italy china
japan korea india russia turkey holland sweden norway denmark finland poland
apple banana cherry orange lemon lime mango peach pear plum grape melon strawberry blueberry raspberry blackberry coconut papaya
tomato potato carrot onion garlic ginger pumpkin mushroom spinach basil parsley rosemary cinnamon vanilla chocolate caramel honey sugar
butter cheese cheddar pretzel pizza pasta spaghetti lasagna burger sandwich bagel muffin pancake waffle cookie biscuit pudding marmalade
jam jelly ketchup mustard pickle noodle ramen sushi tofu curry taco burrito nacho coffee espresso cappuccino latte tea greentea cocoa milk
water whisky whiskey vodka tequila rum gin beer wine champagne cider
dog puppy cat kitty kitten mouse hamster rabbit bunny horse pony donkey cow sheep goat pig chicken rooster duck goose turtle tortoise frog
snake lizard dragon dinosaur tiger lion leopard panther cheetah jaguar puma bear panda koala kangaroo monkey gorilla elephant giraffe zebra rhino
hippo camel wolf fox hedgehog badger beaver otter squirrel bat owl eagle falcon hawk raven crow parrot penguin flamingo dolphin whale shark octopus
lobster crab spider scorpion butterfly bumblebee ladybird unicorn phoenix griffin
red green blue yellow purple violet pink brown black white grey silver golden gold platinum diamond ruby emerald sapphire crystal
alice bob carol charlie dave eve mallory trent peggy victor anna andrea andrew anthony barbara benjamin bernard brian carlos caroline
catherine christian christine claudia daniel david diana dominic donald edward elena elizabeth emily emma eric felix florence francis frank
gabriel george gloria hannah harry helen henry isabel jack jackson jacob james jane jasmine jason jennifer jessica johanna john johnny jonathan
jordan joseph joshua julia justin karin kevin laura leonard linda louise lucas lucy margaret maria marina martin matthew melissa michael michelle
monica nancy natalie nicholas nicole nina oliver olivia oscar pamela patricia patrick paul peter philip rachel rebecca richard robert robin
roger ronald sabrina samantha samuel sandra sarah scott sebastian simon sophie stefan stephanie steven susan sylvia teresa theodore thomas
tiffany timothy valentin vanessa veronica victoria vincent walter wendy william xavier yvonne zoe
love loveyou iloveyou lovely forever freedom friend friends family mother father brother sister baby angel princess prince queen king knight
wizard magic merlin gandalf hobbit sauron mordor rivendell vader skywalker yoda jedi starwars startrek spock kirk enterprise matrix neo trinity
morpheus batman superman spiderman ironman wonderwoman pikachu pokemon mario luigi zelda sonic tetris minecraft fortnite football soccer baseball
basketball hockey tennis volleyball cricket rugby chelsea arsenal liverpool barcelona juventus bayern yankees lakers ferrari porsche mercedes
toyota honda yamaha harley guitar piano violin drums trumpet music metal rock punk jazz blues disco techno beatles nirvana metallica
elvis madonna mozart beethoven chopin shakespeare hamlet macbeth romeo juliet sherlock watson moriarty dracula frankenstein pirate ninja samurai
viking spartan gladiator hunter ranger soldier captain general marshal pilot doctor professor teacher student school college university
company corporate enterprise1 business bank banking money dollar euro bitcoin ethereum trustno1 trustme believe hope peace happy smile lucky
fortune destiny karma wisdom justice liberty courage victory champion winner legend hero nobody somebody anything whatever nothing everything
`.trim().split(/\s+/);

const ENDINGS = ["1", "7", "12", "42", "99", "123", "007", "!", "1!", "123!", "2023", "2024", "2025", "2026"];

const capital = (/** @type {string} */ word) => word.charAt(0).toUpperCase() + word.slice(1);

/** Every word first, plain and with a capital; then with an ending. Each once. */
export const GUESSES = [...new Set([
  ...WORDS,
  ...WORDS.map(capital),
  ...WORDS.flatMap((word) => ENDINGS.map((ending) => word + ending)),
  ...WORDS.flatMap((word) => ENDINGS.map((ending) => capital(word) + ending)),
])];
