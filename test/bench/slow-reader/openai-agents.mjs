import { Agent, run, setTracingDisabled } from '@openai/agents'
import { watch } from './watch.mjs'

/** One agent with a model of our own. */
export default function measure(input) {
  setTracingDisabled(true)
  return watch(input, async function* ([producer]) {
    const agent = new Agent({ name: 'speaker', model: model(producer) })
    for await (const event of await run(agent, 'Speak', { stream: true })) {
      if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') yield event
    }
  })
}

function model(producer) {
  return {
    getResponse() {
      throw new Error('only streams are measured')
    },
    async *getStreamedResponse({ signal }) {
      yield { type: 'response_started' }
      for await (const delta of producer.words(signal)) yield { type: 'output_text_delta', delta }
      const message = {
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'words' }],
      }
      const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 }
      yield { type: 'response_done', response: { id: 'answer', output: [message], usage } }
    },
  }
}
