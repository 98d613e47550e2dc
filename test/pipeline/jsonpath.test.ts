import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkJsonPathSuite } from '../conformance/jsonpath-suite.ts'
import { describeShared } from '../support/shared.ts'

describeShared('JSONPath, by the compliance suite of RFC 9535', ({ root }) => {
  it.each([...checkJsonPathSuite(join(root, 'corpus/_standards/jsonpath'))])('%s', (_, wrong) => {
    expect(wrong).toBeUndefined()
  })
})
