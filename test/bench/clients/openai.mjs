import OpenAI from 'openai'

export default function connect({ url }) {
  const client = new OpenAI({ baseURL: url, apiKey: 'none' })
  return async (word) => {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Speak' }],
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const frame of stream) if (frame.choices[0]?.delta.content) word()
  }
}
