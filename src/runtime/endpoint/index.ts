export { openEndpoint, type EndpointSession, type EndpointSettings } from './session.ts';
export { readAddress, type Address, type Protocol } from './address.ts';
export { defaultMaxTokens, textInput } from './openai.ts';
