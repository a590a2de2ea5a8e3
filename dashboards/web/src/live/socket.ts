import type { Env } from './link'
import type { ServerFrame } from './protocol'

/** The live endpoint beside the page that is shown: ws for http, wss for https. */
export function liveUrl(location: { protocol: string; host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`
}

/** The browser as the live client's outside world. */
export function browserEnv(url: string): Env {
  return {
    connect(handlers) {
      const socket = new WebSocket(url)
      socket.binaryType = 'arraybuffer'
      socket.onopen = () => handlers.opened()
      socket.onclose = (event) => handlers.closed(event.code, event.reason)
      socket.onmessage = (event) => {
        if (event.data instanceof ArrayBuffer) return handlers.frame(event.data)
        let frame: ServerFrame
        try {
          frame = JSON.parse(event.data as string) as ServerFrame
        } catch {
          // A frame that is no JSON leaves a hole in the order of changes: a new connection mends it.
          socket.close()
          return
        }
        handlers.frame(frame)
      }
      return {
        send(text) {
          // Nothing has to wait for an opening connection: watches are sent again after `hello`.
          if (socket.readyState === WebSocket.OPEN) socket.send(text)
        },
        close() {
          socket.onopen = socket.onclose = socket.onmessage = null
          socket.close()
        },
      }
    },
    now: () => Date.now(),
    random: () => Math.random(),
    later(run, ms) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  }
}
