import Anthropic from '@anthropic-ai/sdk'

const QUESTION = {
  model: 'claude-sonnet-4-20250514',
  max_tokens: 4096,
  messages: [{ role: 'user', content: 'Speak' }],
  stream: true,
}

export default function connect({ url }) {
  const client = new Anthropic({ baseURL: url, apiKey: 'none' })
  return async (word) => {
    for await (const event of await client.messages.create(QUESTION)) {
      if (event.type === 'content_block_delta') word()
    }
  }
}
