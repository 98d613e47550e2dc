import type { ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime'
import type { Content, GenerationConfig, Tool, ToolConfig } from '@google/genai'

/** A type of an SDK as JSON has it: bytes in base64, and the words of enums. */
type Json<T> = T extends Uint8Array
  ? string
  : T extends string
    ? `${T}`
    : T extends readonly (infer Item)[]
      ? readonly Json<Item>[]
      : T extends object
        ? { [Name in keyof T]: Json<T[Name]> }
        : T

/** Google's client takes all of it in `config` and sends it so: https://ai.google.dev/api/generate-content */
export type GeminiBody = Json<{
  contents: Content[]
  systemInstruction?: Content
  tools?: Tool[]
  toolConfig?: ToolConfig
  generationConfig?: GenerationConfig
}>

/** The model is in the address. */
export type ConverseBody = Json<Omit<ConverseCommandInput, 'modelId'>>
