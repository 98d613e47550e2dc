import { Ollama } from 'ollama'

export default function connect({ url }) {
  // It keeps of an address no more than the origin.
  const client = new Ollama({ host: url, fetch: (_, init) => fetch(url, init) })
  return async (word) => {
    const answer = await client.chat({
      model: 'llama3.2',
      messages: [{ role: 'user', content: 'Speak' }],
      stream: true,
    })
    for await (const part of answer) if (part.message.content) word()
  }
}
