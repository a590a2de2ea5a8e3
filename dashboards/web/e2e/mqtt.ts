import { execFileSync } from 'node:child_process'

/** Where the server listens for sensors (`DAYI_MQTT`, `127.0.0.1:1883`). */
const [host = '127.0.0.1', port = '1883'] = (process.env.DAYI_MQTT ?? '').split(':')

/** Sends one message as a sensor does; a client that is not let in makes it fail. */
export function publish(client: string, token: string, topic: string, payload: string): void {
  const who = ['-h', host, '-p', port, '-i', client, '-u', 'dayi', '-P', token]
  execFileSync('mosquitto_pub', [...who, '-q', '1', '-t', topic, '-m', payload], { stdio: 'pipe', timeout: 60_000 })
}

/** Runs a command that the page shows, against the server's own port. */
export function run(command: string): void {
  execFileSync('bash', ['-c', command.replace(/-h \S+ -p 1883 /, `-h ${host} -p ${port} `)], { stdio: 'pipe', timeout: 60_000 })
}
