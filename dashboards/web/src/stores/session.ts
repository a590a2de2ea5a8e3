import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ApiError, api, onSignedOut, type Me } from '@/api/client'

/** Who is signed in. `undefined` until the server was asked, `null` when nobody is. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null | undefined>(undefined)

  /** The server could not be asked the last time. */
  const unreachable = ref(false)

  /** Asks the server once; a server that cannot be reached is no answer. */
  async function ask(): Promise<Me | null> {
    return me.value === undefined ? askAgain() : me.value
  }

  /** Asks in any case. */
  async function askAgain(): Promise<Me | null> {
    try {
      me.value = await api.me()
    } catch (error) {
      const answered = error instanceof ApiError && error.status === 401
      unreachable.value = !answered
      if (!answered) throw error
      me.value = null
    }
    unreachable.value = false
    return me.value
  }

  async function signIn(login: string, password: string): Promise<void> {
    me.value = await api.signIn(login, password)
  }

  async function useLink(token: string): Promise<void> {
    me.value = await api.useLink(token)
  }

  async function signOut(): Promise<void> {
    await api.signOut()
    // Loaded anew: nothing of theirs is left in the page.
    window.location.assign('/sign-in')
  }

  /** Whether something may be done somewhere. The server decides in the end. */
  const may = (permission: string) => me.value?.permissions.includes(permission) ?? false

  onSignedOut(() => {
    me.value = null
  })

  return { me, unreachable, ask, askAgain, signIn, useLink, signOut, may }
})
