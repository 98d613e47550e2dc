import { statSync } from 'node:fs'
import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'
import { withFile } from './file.mjs'
import { turns } from './said.mjs'

/** Bytes of the file of LangGraph's own saver after the same conversation, in one thread. */
export default function measure({ count }) {
  return withFile(async (path) => {
    const saver = SqliteSaver.fromConnString(path)
    const conversation = turns(count)
    let said = 0
    let at = 0
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('answer', () => ({ messages: [new AIMessage(conversation[at].answer)] }))
      .addEdge(START, 'answer')
      .compile({ checkpointer: saver })
    const config = { configurable: { thread_id: 'main' } }
    let last
    for (const { question, answer } of conversation) {
      said += question.length + answer.length
      last = await graph.invoke({ messages: [new HumanMessage(question)] }, config)
      at += 1
    }
    if (last.messages.length !== count * 2) throw new Error('Not everything is in the file.')
    saver.db.close()
    return { said, empty: 0, added: statSync(path).size }
  })
}
