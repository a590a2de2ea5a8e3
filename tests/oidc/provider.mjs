// An OpenID Connect provider on a free port of this machine, for the tests: it prints its address and lets in whoever it is
// told to on its standard input (a line a sign-in: the account's name).
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { Provider } from 'oidc-provider'

const [redirect] = process.argv.slice(2)
let next = 'nobody'
createInterface({ input: process.stdin })
  .on('line', (name) => {
    next = name
    console.log(`next is ${name}`)
  })
  // The test is over.
  .on('close', () => process.exit(0))

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'dayi', client_secret: 'a secret of the test', redirect_uris: [redirect], grant_types: ['authorization_code'] }],
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    // Claims stand in the ID token itself.
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: id, email: `${id}@example.cn`, email_verified: id !== 'unverified' }),
    }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  })
  const handle = provider.callback()
  server.on('request', async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return handle(request, response)
    const { prompt, params, grantId, session } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') {
      return provider.interactionFinished(request, response, { login: { accountId: next } })
    }
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    grant.addOIDCScope('openid email profile')
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  })
  console.log(issuer)
})
