import type { ManifestSource } from '../manifest-data.ts'
import { awsErrors } from './aws-errors.ts'

const REFERENCE = '$.chunk.attribution.citations[*].retrievedReferences[*].location'

/**
 * Amazon Bedrock Agents. Text in base64 and nothing that ends it but the end; traces and returned control are `raw`.
 * Source: docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html
 */
export const bedrockAgent = {
  id: 'bedrock-agent',
  name: 'Amazon Bedrock Agents',
  endpoint: {
    base_url_env: ['AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME'],
    chat: '/agents/{agentId}/agentAliases/{agentAliasId}/sessions/{sessionId}/text',
  },
  auth: { type: 'bearer', token_env: 'AWS_BEARER_TOKEN_BEDROCK' },
  error_classification: awsErrors,
  termination: { mapping: { '': 'stop' } },
  usage: {},
  streaming: {
    decoder: { format: 'aws_eventstream', inner: { path: '$.chunk.bytes', holds: 'text' } },
    event_map: [
      { match: 'exists($.chunk)', emit: 'PartialContentDelta', fields: { content: '$.text' } },
      {
        match: `exists(${REFERENCE})`,
        emit: 'Source',
        fields: {
          url: [`${REFERENCE}.webLocation.url`, `${REFERENCE}.s3Location.uri`, `${REFERENCE}.confluenceLocation.url`],
        },
      },
      {
        match: 'exists($.files.files[*].bytes)',
        emit: 'File',
        fields: { media_type: '$.files.files[*].type', data: '$.files.files[*].bytes', name: '$.files.files[*].name' },
      },
    ],
    completion: 'clean_end',
  },
} satisfies ManifestSource
