import { ref, type Ref } from 'vue'
import { useText } from '@/i18n/useText'

/** Copies what stands in a field, and says whether that went. */
export function useCopy(field: Ref<HTMLTextAreaElement | null>) {
  const { t } = useText()
  const said = ref('')

  async function copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      said.value = t('admin.copied')
    } catch {
      // Without https browsers keep the clipboard from pages: it is marked, to be copied by hand.
      field.value?.select()
      said.value = document.execCommand?.('copy') ? t('admin.copied') : t('admin.copyByHand')
    }
  }
  return { said, copy }
}
