import { Builder, Session } from '@braid/flow'
import { iModel, type ModelId } from '@braid/models'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { onTestFinished } from 'vitest'

/** A provider on this machine, and a session in memory whose default model asks it over HTTP. */
export interface Served {
  readonly server: ProviderServer
  readonly session: Session
  builder(): Builder
  model(id: ModelId): iModel
}

export async function served(): Promise<Served> {
  const server = await startProviderServer()
  const session = new Session()
  const model = (id: ModelId) => new iModel(id, { name: id, baseUrl: server.url, apiKey: 'key' })
  session.services.register(model('openai/model'))
  onTestFinished(async () => {
    await session.close()
    await server.close()
  })
  return { server, session, builder: () => new Builder({ session }), model }
}

/** What plain JavaScript may give: TypeScript refuses each of these. */
export const loose = <T>(value: unknown): T => value as T
