import { streamText } from 'ai'
import { watch } from './watch.mjs'

/** One model of the AI SDK's own interface (LanguageModelV3), whose stream is pulled and can be cancelled. */
export default function measure(input) {
  return watch(input, ([producer]) => streamText({ model: model(producer), prompt: 'Speak' }).textStream)
}

function model(producer) {
  return {
    specificationVersion: 'v3',
    provider: 'bench',
    modelId: 'speaker',
    supportedUrls: {},
    doGenerate() {
      throw new Error('only streams are measured')
    },
    async doStream({ abortSignal }) {
      const parts = say(producer, abortSignal)
      const stream = new ReadableStream({
        async pull(controller) {
          const next = await parts.next()
          if (next.done) controller.close()
          else controller.enqueue(next.value)
        },
        async cancel() {
          producer.told = true
          await parts.return()
        },
      })
      return { stream }
    },
  }
}

async function* say(producer, signal) {
  yield { type: 'stream-start', warnings: [] }
  yield { type: 'text-start', id: 'text-0' }
  for await (const delta of producer.words(signal)) yield { type: 'text-delta', id: 'text-0', delta }
  yield { type: 'text-end', id: 'text-0' }
  yield { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage: { inputTokens: {}, outputTokens: {} } }
}
