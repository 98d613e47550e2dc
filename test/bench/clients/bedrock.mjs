import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** Over HTTP/1.1, as everybody here. */
export default function connect({ url }) {
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: url,
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    requestHandler: new NodeHttpHandler(),
  })
  return async (word) => {
    const command = new ConverseStreamCommand({
      modelId: 'm',
      messages: [{ role: 'user', content: [{ text: 'Speak' }] }],
    })
    const { stream } = await client.send(command)
    for await (const event of stream) if (event.contentBlockDelta) word()
  }
}
