/** `GET /whoami` on Fastify: `node server.js floor|jwt|session --listen ADDR`. */
import cookie from "@fastify/cookie";
import jwt from "@fastify/jwt";
import session from "@fastify/session";
import Fastify from "fastify";

const ISSUER = "http://benchmark.localhost";
const AUDIENCE = "bank";
const SECRET = Buffer.from("only-for-a-benchmark-on-this-box");

const whoAmI = {
  type: "object",
  properties: {
    id: { type: "integer" }, username: { type: "string" }, role: { type: "string" },
    authenticated_by: { type: "string" }, expires_at: { type: "string" },
  },
};
// With a schema Fastify writes the answer by code that is made for it, which is how it is meant to be used.
const schema = { response: { 200: whoAmI } };

const who = (username, authenticatedBy) => ({
  id: 1, username, role: "customer", authenticated_by: authenticatedBy, expires_at: "2100-01-01T00:00:00Z",
});

const kinds = {
  async floor(app) {
    app.get("/whoami", { schema }, async () => who("benchmark", "session"));
  },

  async jwt(app) {
    await app.register(jwt, {
      secret: SECRET,
      sign: { algorithm: "HS256", iss: ISSUER, aud: AUDIENCE },
      verify: { algorithms: ["HS256"], allowedIss: ISSUER, allowedAud: AUDIENCE },
    });
    app.post("/login", async (request) => ({
      access_token: app.jwt.sign({
        sub: "1", client_id: "bank-web", jti: `${"0".repeat(32)}.0`, exp: 4102444800, username: request.body.username,
        role: "customer", sid: "0".repeat(32),
      }),
    }));
    app.get("/whoami", { schema, onRequest: (request) => request.jwtVerify() }, async (request) => who(request.user.username, "token--"));
  },

  async session(app) {
    await app.register(cookie);
    await app.register(session, {
      secret: SECRET.toString(), saveUninitialized: false, rolling: false, cookie: { secure: false },
    });
    app.post("/login", async (request) => {
      request.session.username = request.body.username;
      return who(request.body.username, "session");
    });
    app.get("/whoami", { schema }, async (request, reply) => {
      const { username } = request.session;
      return username ? who(username, "session") : reply.code(401).send();
    });
  },
};

const [kind, listen, address] = process.argv.slice(2);
if (!kinds[kind] || listen !== "--listen" || !address) {
  console.error("node server.js floor|jwt|session --listen ADDR");
  process.exit(2);
}
const app = Fastify({ logger: false });
app.post("/users", async (request, reply) => reply.code(201).send());
await kinds[kind](app);
const at = address.lastIndexOf(":");
await app.listen({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
console.log(`listening on http://${address.slice(0, at)}:${app.server.address().port}`);
