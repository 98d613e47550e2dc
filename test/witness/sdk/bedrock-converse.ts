import {
  BedrockRuntimeClient,
  type ContentBlockDelta,
  type ContentBlockStart,
  ConverseStreamCommand,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { countsOf, parsed } from '../hearing.ts'
import type { Witness } from '../witness.ts'

/** `ConverseStreamCommand`. It gives events and puts nothing together; that is done here. Its own transport is HTTP/2, the server's HTTP/1.1. */
export const bedrockConverse: Witness = {
  sdk: '@aws-sdk/client-bedrock-runtime',
  api: 'bedrock-converse',
  async hear(url) {
    const client = new BedrockRuntimeClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    })
    const answer = new Answer()
    let usage: TokenUsage | undefined
    let error: unknown
    try {
      const messages = [{ role: 'user' as const, content: [{ text: 'Go on.' }] }]
      const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'recorded', messages }))
      for await (const event of stream ?? []) {
        if (event.contentBlockStart)
          answer.start(event.contentBlockStart.contentBlockIndex, event.contentBlockStart.start)
        if (event.contentBlockDelta)
          answer.delta(event.contentBlockDelta.contentBlockIndex, event.contentBlockDelta.delta)
        if (event.messageStop) answer.finishReason = event.messageStop.stopReason ?? null
        usage = event.metadata?.usage ?? usage
      }
    } catch (thrown) {
      error = thrown
    } finally {
      client.destroy()
    }
    return {
      choices: { 0: answer.choice() },
      usage,
      counts: countsOf({
        input: usage?.inputTokens,
        output: usage?.outputTokens,
        total: usage?.totalTokens,
        cached: usage?.cacheReadInputTokens,
        cacheWrite: usage?.cacheWriteInputTokens,
      }),
      ...(error === undefined ? {} : { error }),
    }
  },
}

class Answer {
  #text = ''
  #reasoning = ''
  readonly #calls = new Map<
    number,
    { readonly id: string; readonly name: string; readonly theirs: boolean; text: string }
  >()
  finishReason: string | null = null

  start(index = 0, start?: ContentBlockStart): void {
    const call = start?.toolUse
    if (!call) return
    const theirs = call.type === 'server_tool_use'
    this.#calls.set(index, { id: call.toolUseId ?? '', name: call.name ?? '', theirs, text: '' })
  }

  delta(index = 0, delta?: ContentBlockDelta): void {
    this.#text += delta?.text ?? ''
    this.#reasoning += delta?.reasoningContent?.text ?? ''
    const call = this.#calls.get(index)
    if (call) call.text += delta?.toolUse?.input ?? ''
  }

  choice() {
    const calls = [...this.#calls.values()].map(({ text, ...call }) => ({ ...call, input: parsed(text) }))
    return { text: this.#text, reasoning: this.#reasoning, calls, finishReason: this.finishReason }
  }
}
