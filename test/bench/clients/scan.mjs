import { request } from 'undici'
import { scanner } from '../frames/scan.mjs'

/** undici's `request`, and the scan that one would write by hand. */
export default function connect({ wire, url }) {
  return async (word) => {
    const { body } = await request(url, { method: 'POST', body: '{}' })
    const scan = scanner(wire)
    for await (const bytes of body) for (let words = scan(bytes); words > 0; words -= 1) word()
  }
}
