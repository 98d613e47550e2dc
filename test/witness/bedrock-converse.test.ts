import { explained } from './explained/bedrock-converse.ts'
import { bedrockConverse } from './sdk/bedrock-converse.ts'
import { testify } from './witness.ts'

testify(bedrockConverse, explained)
