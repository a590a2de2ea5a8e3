import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** The cable between the browser and the server, for tests that pull it out: nothing is closed then, it is only silent. */
export class Wire {
  private readonly sockets = new Set<Socket>()
  private readonly server: Server
  private pulled = false

  constructor(private readonly to: URL) {
    this.server = createServer((near) => {
      const far = connect(Number(this.to.port), this.to.hostname)
      for (const [a, b] of [[near, far], [far, near]] as const) {
        this.sockets.add(a)
        a.on('data', (data) => void (this.pulled || b.write(data)))
        a.on('error', () => undefined)
        a.on('close', () => {
          this.sockets.delete(a)
          b.destroy()
        })
      }
    })
  }

  /** The server's address over this cable. */
  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  pull(): void {
    this.pulled = true
  }

  /** What was under way is gone; what comes now gets through. */
  plug(): void {
    this.drop()
    this.pulled = false
  }

  /** The server is not there at all, as far as the browser can see. */
  async stop(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done))
    this.drop()
    await closed
  }

  /** The server is there again, at the same address. */
  async startAgain(address: string): Promise<void> {
    await new Promise<void>((done) => this.server.listen(Number(new URL(address).port), '127.0.0.1', done))
  }

  private drop(): void {
    for (const socket of this.sockets) socket.destroy()
  }
}
