import { createWorkflow, workflowEvent } from '@llamaindex/workflow-core'
import { watch } from './watch.mjs'

/** Two handlers of one event at once, which send what they produce. */
export default function measure(input) {
  return watch(input, async (producers) => {
    const workflow = createWorkflow()
    const start = workflowEvent()
    const word = workflowEvent()
    for (const producer of producers) {
      workflow.handle([start], async (context) => {
        for await (const said of producer.words(context.signal)) context.sendEvent(word.with(said))
      })
    }
    const { stream, sendEvent } = workflow.createContext()
    sendEvent(start.with())
    return wordsOf(stream, word)
  })
}

async function* wordsOf(stream, word) {
  for await (const event of stream) if (word.include(event)) yield event.data
}
