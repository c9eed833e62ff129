// Copyright (c) ONNX Project Contributors.
// SPDX-License-Identifier: Apache-2.0
// Generated from onnx-ml.proto of the ONNX project by protoc-gen-es 2.13.0; see regenerate.mjs. Do not edit.
/* eslint-disable */
import type { GenEnum, GenFile, GenMessage } from "@bufbuild/protobuf/codegenv2";
import { enumDesc, fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";
import type { Message } from "@bufbuild/protobuf";
export const file_onnx: GenFile = /*@__PURE__*/
  fileDesc("Cgpvbm54LnByb3RvEgRvbm54ItsFCg5BdHRyaWJ1dGVQcm90bxIMCgRuYW1lGAEgASgJEhUKDXJlZl9hdHRyX25hbWUYFSABKAkSEgoKZG9jX3N0cmluZxgNIAEoCRIwCgR0eXBlGBQgASgOMiIub25ueC5BdHRyaWJ1dGVQcm90by5BdHRyaWJ1dGVUeXBlEgkKAWYYAiABKAISCQoBaRgDIAEoAxIJCgFzGAQgASgMEhwKAXQYBSABKAsyES5vbm54LlRlbnNvclByb3RvEhsKAWcYBiABKAsyEC5vbm54LkdyYXBoUHJvdG8SLgoNc3BhcnNlX3RlbnNvchgWIAEoCzIXLm9ubnguU3BhcnNlVGVuc29yUHJvdG8SGwoCdHAYDiABKAsyDy5vbm54LlR5cGVQcm90bxIOCgZmbG9hdHMYByADKAISDAoEaW50cxgIIAMoAxIPCgdzdHJpbmdzGAkgAygMEiIKB3RlbnNvcnMYCiADKAsyES5vbm54LlRlbnNvclByb3RvEiAKBmdyYXBocxgLIAMoCzIQLm9ubnguR3JhcGhQcm90bxIvCg5zcGFyc2VfdGVuc29ycxgXIAMoCzIXLm9ubnguU3BhcnNlVGVuc29yUHJvdG8SJAoLdHlwZV9wcm90b3MYDyADKAsyDy5vbm54LlR5cGVQcm90byLZAQoNQXR0cmlidXRlVHlwZRINCglVTkRFRklORUQQABIJCgVGTE9BVBABEgcKA0lOVBACEgoKBlNUUklORxADEgoKBlRFTlNPUhAEEgkKBUdSQVBIEAUSEQoNU1BBUlNFX1RFTlNPUhALEg4KClRZUEVfUFJPVE8QDRIKCgZGTE9BVFMQBhIICgRJTlRTEAcSCwoHU1RSSU5HUxAIEgsKB1RFTlNPUlMQCRIKCgZHUkFQSFMQChISCg5TUEFSU0VfVEVOU09SUxAMEg8KC1RZUEVfUFJPVE9TEA5KBAgMEA1KBAgQEBRSAXYihwEKDlZhbHVlSW5mb1Byb3RvEgwKBG5hbWUYASABKAkSHQoEdHlwZRgCIAEoCzIPLm9ubnguVHlwZVByb3RvEhIKCmRvY19zdHJpbmcYAyABKAkSNAoObWV0YWRhdGFfcHJvcHMYBCADKAsyHC5vbm54LlN0cmluZ1N0cmluZ0VudHJ5UHJvdG8ioQIKCU5vZGVQcm90bxINCgVpbnB1dBgBIAMoCRIOCgZvdXRwdXQYAiADKAkSDAoEbmFtZRgDIAEoCRIPCgdvcF90eXBlGAQgASgJEg4KBmRvbWFpbhgHIAEoCRIQCghvdmVybG9hZBgIIAEoCRInCglhdHRyaWJ1dGUYBSADKAsyFC5vbm54LkF0dHJpYnV0ZVByb3RvEhIKCmRvY19zdHJpbmcYBiABKAkSNAoObWV0YWRhdGFfcHJvcHMYCSADKAsyHC5vbm54LlN0cmluZ1N0cmluZ0VudHJ5UHJvdG8SQQoVZGV2aWNlX2NvbmZpZ3VyYXRpb25zGAogAygLMiIub25ueC5Ob2RlRGV2aWNlQ29uZmlndXJhdGlvblByb3RvIjIKFEludEludExpc3RFbnRyeVByb3RvEgsKA2tleRgBIAEoAxINCgV2YWx1ZRgCIAMoAyKAAQocTm9kZURldmljZUNvbmZpZ3VyYXRpb25Qcm90bxIYChBjb25maWd1cmF0aW9uX2lkGAEgASgJEi4KDXNoYXJkaW5nX3NwZWMYAiADKAsyFy5vbm54LlNoYXJkaW5nU3BlY1Byb3RvEhYKDnBpcGVsaW5lX3N0YWdlGAMgASgFIqMBChFTaGFyZGluZ1NwZWNQcm90bxITCgt0ZW5zb3JfbmFtZRgBIAEoCRIOCgZkZXZpY2UYAiADKAMSPQoZaW5kZXhfdG9fZGV2aWNlX2dyb3VwX21hcBgDIAMoCzIaLm9ubnguSW50SW50TGlzdEVudHJ5UHJvdG8SKgoLc2hhcmRlZF9kaW0YBCADKAsyFS5vbm54LlNoYXJkZWREaW1Qcm90byJVCg9TaGFyZGVkRGltUHJvdG8SDAoEYXhpcxgBIAEoAxI0Cg9zaW1wbGVfc2hhcmRpbmcYAiADKAsyGy5vbm54LlNpbXBsZVNoYXJkZWREaW1Qcm90byJcChVTaW1wbGVTaGFyZGVkRGltUHJvdG8SEwoJZGltX3ZhbHVlGAEgASgDSAASEwoJZGltX3BhcmFtGAIgASgJSAASEgoKbnVtX3NoYXJkcxgDIAEoA0IFCgNkaW0i1gEKEVRyYWluaW5nSW5mb1Byb3RvEigKDmluaXRpYWxpemF0aW9uGAEgASgLMhAub25ueC5HcmFwaFByb3RvEiMKCWFsZ29yaXRobRgCIAEoCzIQLm9ubnguR3JhcGhQcm90bxI8ChZpbml0aWFsaXphdGlvbl9iaW5kaW5nGAMgAygLMhwub25ueC5TdHJpbmdTdHJpbmdFbnRyeVByb3RvEjQKDnVwZGF0ZV9iaW5kaW5nGAQgAygLMhwub25ueC5TdHJpbmdTdHJpbmdFbnRyeVByb3RvIqIDCgpNb2RlbFByb3RvEhIKCmlyX3ZlcnNpb24YASABKAMSLgoMb3BzZXRfaW1wb3J0GAggAygLMhgub25ueC5PcGVyYXRvclNldElkUHJvdG8SFQoNcHJvZHVjZXJfbmFtZRgCIAEoCRIYChBwcm9kdWNlcl92ZXJzaW9uGAMgASgJEg4KBmRvbWFpbhgEIAEoCRIVCg1tb2RlbF92ZXJzaW9uGAUgASgDEhIKCmRvY19zdHJpbmcYBiABKAkSHwoFZ3JhcGgYByABKAsyEC5vbm54LkdyYXBoUHJvdG8SNAoObWV0YWRhdGFfcHJvcHMYDiADKAsyHC5vbm54LlN0cmluZ1N0cmluZ0VudHJ5UHJvdG8SLgoNdHJhaW5pbmdfaW5mbxgUIAMoCzIXLm9ubnguVHJhaW5pbmdJbmZvUHJvdG8SJgoJZnVuY3Rpb25zGBkgAygLMhMub25ueC5GdW5jdGlvblByb3RvEjUKDWNvbmZpZ3VyYXRpb24YGiADKAsyHi5vbm54LkRldmljZUNvbmZpZ3VyYXRpb25Qcm90byJNChhEZXZpY2VDb25maWd1cmF0aW9uUHJvdG8SDAoEbmFtZRgBIAEoCRITCgtudW1fZGV2aWNlcxgCIAEoBRIOCgZkZXZpY2UYAyADKAkiNAoWU3RyaW5nU3RyaW5nRW50cnlQcm90bxILCgNrZXkYASABKAkSDQoFdmFsdWUYAiABKAkiawoQVGVuc29yQW5ub3RhdGlvbhITCgt0ZW5zb3JfbmFtZRgBIAEoCRJCChxxdWFudF9wYXJhbWV0ZXJfdGVuc29yX25hbWVzGAIgAygLMhwub25ueC5TdHJpbmdTdHJpbmdFbnRyeVByb3RvItQDCgpHcmFwaFByb3RvEh0KBG5vZGUYASADKAsyDy5vbm54Lk5vZGVQcm90bxIMCgRuYW1lGAIgASgJEiYKC2luaXRpYWxpemVyGAUgAygLMhEub25ueC5UZW5zb3JQcm90bxIzChJzcGFyc2VfaW5pdGlhbGl6ZXIYDyADKAsyFy5vbm54LlNwYXJzZVRlbnNvclByb3RvEhIKCmRvY19zdHJpbmcYCiABKAkSIwoFaW5wdXQYCyADKAsyFC5vbm54LlZhbHVlSW5mb1Byb3RvEiQKBm91dHB1dBgMIAMoCzIULm9ubnguVmFsdWVJbmZvUHJvdG8SKAoKdmFsdWVfaW5mbxgNIAMoCzIULm9ubnguVmFsdWVJbmZvUHJvdG8SNwoXcXVhbnRpemF0aW9uX2Fubm90YXRpb24YDiADKAsyFi5vbm54LlRlbnNvckFubm90YXRpb24SNAoObWV0YWRhdGFfcHJvcHMYECADKAsyHC5vbm54LlN0cmluZ1N0cmluZ0VudHJ5UHJvdG9KBAgDEARKBAgEEAVKBAgGEApSCmlyX3ZlcnNpb25SEHByb2R1Y2VyX3ZlcnNpb25SDHByb2R1Y2VyX3RhZ1IGZG9tYWluIqIHCgtUZW5zb3JQcm90bxIMCgRkaW1zGAEgAygDEhEKCWRhdGFfdHlwZRgCIAEoBRIqCgdzZWdtZW50GAMgASgLMhkub25ueC5UZW5zb3JQcm90by5TZWdtZW50EhYKCmZsb2F0X2RhdGEYBCADKAJCAhABEhYKCmludDMyX2RhdGEYBSADKAVCAhABEhMKC3N0cmluZ19kYXRhGAYgAygMEhYKCmludDY0X2RhdGEYByADKANCAhABEgwKBG5hbWUYCCABKAkSEgoKZG9jX3N0cmluZxgMIAEoCRIQCghyYXdfZGF0YRgJIAEoDBIzCg1leHRlcm5hbF9kYXRhGA0gAygLMhwub25ueC5TdHJpbmdTdHJpbmdFbnRyeVByb3RvEjUKDWRhdGFfbG9jYXRpb24YDiABKA4yHi5vbm54LlRlbnNvclByb3RvLkRhdGFMb2NhdGlvbhIXCgtkb3VibGVfZGF0YRgKIAMoAUICEAESFwoLdWludDY0X2RhdGEYCyADKARCAhABEjQKDm1ldGFkYXRhX3Byb3BzGBAgAygLMhwub25ueC5TdHJpbmdTdHJpbmdFbnRyeVByb3RvGiUKB1NlZ21lbnQSDQoFYmVnaW4YASABKAMSCwoDZW5kGAIgASgDIo4DCghEYXRhVHlwZRINCglVTkRFRklORUQQABIJCgVGTE9BVBABEgkKBVVJTlQ4EAISCAoESU5UOBADEgoKBlVJTlQxNhAEEgkKBUlOVDE2EAUSCQoFSU5UMzIQBhIJCgVJTlQ2NBAHEgoKBlNUUklORxAIEggKBEJPT0wQCRILCgdGTE9BVDE2EAoSCgoGRE9VQkxFEAsSCgoGVUlOVDMyEAwSCgoGVUlOVDY0EA0SDQoJQ09NUExFWDY0EA4SDgoKQ09NUExFWDEyOBAPEgwKCEJGTE9BVDE2EBASEAoMRkxPQVQ4RTRNM0ZOEBESEgoORkxPQVQ4RTRNM0ZOVVoQEhIOCgpGTE9BVDhFNU0yEBMSEgoORkxPQVQ4RTVNMkZOVVoQFBIJCgVVSU5UNBAVEggKBElOVDQQFhIOCgpGTE9BVDRFMk0xEBcSDgoKRkxPQVQ4RThNMBAYEgkKBVVJTlQyEBkSCAoESU5UMhAaEg4KCkZMT0FUNkUyTTMQGxIOCgpGTE9BVDZFM00yEBwiKQoMRGF0YUxvY2F0aW9uEgsKB0RFRkFVTFQQABIMCghFWFRFUk5BTBABImgKEVNwYXJzZVRlbnNvclByb3RvEiEKBnZhbHVlcxgBIAEoCzIRLm9ubnguVGVuc29yUHJvdG8SIgoHaW5kaWNlcxgCIAEoCzIRLm9ubnguVGVuc29yUHJvdG8SDAoEZGltcxgDIAMoAyKVAQoQVGVuc29yU2hhcGVQcm90bxItCgNkaW0YASADKAsyIC5vbm54LlRlbnNvclNoYXBlUHJvdG8uRGltZW5zaW9uGlIKCURpbWVuc2lvbhITCglkaW1fdmFsdWUYASABKANIABITCglkaW1fcGFyYW0YAiABKAlIABISCgpkZW5vdGF0aW9uGAMgASgJQgcKBXZhbHVlIrcFCglUeXBlUHJvdG8SLQoLdGVuc29yX3R5cGUYASABKAsyFi5vbm54LlR5cGVQcm90by5UZW5zb3JIABIxCg1zZXF1ZW5jZV90eXBlGAQgASgLMhgub25ueC5UeXBlUHJvdG8uU2VxdWVuY2VIABInCghtYXBfdHlwZRgFIAEoCzITLm9ubnguVHlwZVByb3RvLk1hcEgAEjEKDW9wdGlvbmFsX3R5cGUYCSABKAsyGC5vbm54LlR5cGVQcm90by5PcHRpb25hbEgAEjoKEnNwYXJzZV90ZW5zb3JfdHlwZRgIIAEoCzIcLm9ubnguVHlwZVByb3RvLlNwYXJzZVRlbnNvckgAEi0KC29wYXF1ZV90eXBlGAcgASgLMhYub25ueC5UeXBlUHJvdG8uT3BhcXVlSAASEgoKZGVub3RhdGlvbhgGIAEoCRpCCgZUZW5zb3ISEQoJZWxlbV90eXBlGAEgASgFEiUKBXNoYXBlGAIgASgLMhYub25ueC5UZW5zb3JTaGFwZVByb3RvGi4KCFNlcXVlbmNlEiIKCWVsZW1fdHlwZRgBIAEoCzIPLm9ubnguVHlwZVByb3RvGjwKA01hcBIQCghrZXlfdHlwZRgBIAEoBRIjCgp2YWx1ZV90eXBlGAIgASgLMg8ub25ueC5UeXBlUHJvdG8aLgoIT3B0aW9uYWwSIgoJZWxlbV90eXBlGAEgASgLMg8ub25ueC5UeXBlUHJvdG8aSAoMU3BhcnNlVGVuc29yEhEKCWVsZW1fdHlwZRgBIAEoBRIlCgVzaGFwZRgCIAEoCzIWLm9ubnguVGVuc29yU2hhcGVQcm90bxo4CgZPcGFxdWUSDgoGZG9tYWluGAEgASgJEgwKBG5hbWUYAiABKAlKBAgDEARSCnBhcmFtZXRlcnNCBwoFdmFsdWUiNQoST3BlcmF0b3JTZXRJZFByb3RvEg4KBmRvbWFpbhgBIAEoCRIPCgd2ZXJzaW9uGAIgASgDIoYDCg1GdW5jdGlvblByb3RvEgwKBG5hbWUYASABKAkSDQoFaW5wdXQYBCADKAkSDgoGb3V0cHV0GAUgAygJEhEKCWF0dHJpYnV0ZRgGIAMoCRItCg9hdHRyaWJ1dGVfcHJvdG8YCyADKAsyFC5vbm54LkF0dHJpYnV0ZVByb3RvEh0KBG5vZGUYByADKAsyDy5vbm54Lk5vZGVQcm90bxISCgpkb2Nfc3RyaW5nGAggASgJEi4KDG9wc2V0X2ltcG9ydBgJIAMoCzIYLm9ubnguT3BlcmF0b3JTZXRJZFByb3RvEg4KBmRvbWFpbhgKIAEoCRIQCghvdmVybG9hZBgNIAEoCRIoCgp2YWx1ZV9pbmZvGAwgAygLMhQub25ueC5WYWx1ZUluZm9Qcm90bxI0Cg5tZXRhZGF0YV9wcm9wcxgOIAMoCzIcLm9ubnguU3RyaW5nU3RyaW5nRW50cnlQcm90b0oECAIQA0oECAMQBFINc2luY2VfdmVyc2lvblIGc3RhdHVzKoIDCgdWZXJzaW9uEhIKDl9TVEFSVF9WRVJTSU9OEAASGQoVSVJfVkVSU0lPTl8yMDE3XzEwXzEwEAESGQoVSVJfVkVSU0lPTl8yMDE3XzEwXzMwEAISGAoUSVJfVkVSU0lPTl8yMDE3XzExXzMQAxIYChRJUl9WRVJTSU9OXzIwMTlfMV8yMhAEEhgKFElSX1ZFUlNJT05fMjAxOV8zXzE4EAUSGAoUSVJfVkVSU0lPTl8yMDE5XzlfMTkQBhIXChNJUl9WRVJTSU9OXzIwMjBfNV84EAcSGAoUSVJfVkVSU0lPTl8yMDIxXzdfMzAQCBIXChNJUl9WRVJTSU9OXzIwMjNfNV81EAkSGAoUSVJfVkVSU0lPTl8yMDI0XzNfMjUQChIZChVJUl9WRVJTSU9OXzIwMjVfMDVfMTIQCxIZChVJUl9WRVJTSU9OXzIwMjVfMDhfMjYQDBIZChVJUl9WRVJTSU9OXzIwMjVfMTFfMDYQDRIOCgpJUl9WRVJTSU9OEA4qLgoOT3BlcmF0b3JTdGF0dXMSEAoMRVhQRVJJTUVOVEFMEAASCgoGU1RBQkxFEAFCAkgD");
/** @generated from message onnx.AttributeProto */
export type AttributeProto = Message<"onnx.AttributeProto"> & {
  /** @generated from field: optional string name = 1; */
  name: string;
  /** @generated from field: optional string ref_attr_name = 21; */
  refAttrName: string;
  /** @generated from field: optional string doc_string = 13; */
  docString: string;
  /** @generated from field: optional onnx.AttributeProto.AttributeType type = 20; */
  type: AttributeProto_AttributeType;
  /** @generated from field: optional float f = 2; */
  f: number;
  /** @generated from field: optional int64 i = 3; */
  i: bigint;
  /** @generated from field: optional bytes s = 4; */
  s: Uint8Array;
  /** @generated from field: optional onnx.TensorProto t = 5; */
  t?: TensorProto | undefined;
  /** @generated from field: optional onnx.GraphProto g = 6; */
  g?: GraphProto | undefined;
  /** @generated from field: optional onnx.SparseTensorProto sparse_tensor = 22; */
  sparseTensor?: SparseTensorProto | undefined;
  /** @generated from field: optional onnx.TypeProto tp = 14; */
  tp?: TypeProto | undefined;
  /** @generated from field: repeated float floats = 7; */
  floats: number[];
  /** @generated from field: repeated int64 ints = 8; */
  ints: bigint[];
  /** @generated from field: repeated bytes strings = 9; */
  strings: Uint8Array[];
  /** @generated from field: repeated onnx.TensorProto tensors = 10; */
  tensors: TensorProto[];
  /** @generated from field: repeated onnx.GraphProto graphs = 11; */
  graphs: GraphProto[];
  /** @generated from field: repeated onnx.SparseTensorProto sparse_tensors = 23; */
  sparseTensors: SparseTensorProto[];
  /** @generated from field: repeated onnx.TypeProto type_protos = 15; */
  typeProtos: TypeProto[];
};
export const AttributeProtoSchema: GenMessage<AttributeProto> = /*@__PURE__*/
  messageDesc(file_onnx, 0);
/** @generated from enum onnx.AttributeProto.AttributeType */
export const AttributeProto_AttributeType = {
  UNDEFINED: 0,
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  SPARSE_TENSOR: 11,
  TYPE_PROTO: 13,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSORS: 12,
  TYPE_PROTOS: 14,
} as const;
export type AttributeProto_AttributeType = (typeof AttributeProto_AttributeType)[keyof typeof AttributeProto_AttributeType];
export const AttributeProto_AttributeTypeSchema: GenEnum<AttributeProto_AttributeType> = /*@__PURE__*/
  enumDesc(file_onnx, 0, 0);
/** @generated from message onnx.ValueInfoProto */
export type ValueInfoProto = Message<"onnx.ValueInfoProto"> & {
  /** @generated from field: optional string name = 1; */
  name: string;
  /** @generated from field: optional onnx.TypeProto type = 2; */
  type?: TypeProto | undefined;
  /** @generated from field: optional string doc_string = 3; */
  docString: string;
  /** @generated from field: repeated onnx.StringStringEntryProto metadata_props = 4; */
  metadataProps: StringStringEntryProto[];
};
export const ValueInfoProtoSchema: GenMessage<ValueInfoProto> = /*@__PURE__*/
  messageDesc(file_onnx, 1);
/** @generated from message onnx.NodeProto */
export type NodeProto = Message<"onnx.NodeProto"> & {
  /** @generated from field: repeated string input = 1; */
  input: string[];
  /** @generated from field: repeated string output = 2; */
  output: string[];
  /** @generated from field: optional string name = 3; */
  name: string;
  /** @generated from field: optional string op_type = 4; */
  opType: string;
  /** @generated from field: optional string domain = 7; */
  domain: string;
  /** @generated from field: optional string overload = 8; */
  overload: string;
  /** @generated from field: repeated onnx.AttributeProto attribute = 5; */
  attribute: AttributeProto[];
  /** @generated from field: optional string doc_string = 6; */
  docString: string;
  /** @generated from field: repeated onnx.StringStringEntryProto metadata_props = 9; */
  metadataProps: StringStringEntryProto[];
  /** @generated from field: repeated onnx.NodeDeviceConfigurationProto device_configurations = 10; */
  deviceConfigurations: NodeDeviceConfigurationProto[];
};
export const NodeProtoSchema: GenMessage<NodeProto> = /*@__PURE__*/
  messageDesc(file_onnx, 2);
/** @generated from message onnx.IntIntListEntryProto */
export type IntIntListEntryProto = Message<"onnx.IntIntListEntryProto"> & {
  /** @generated from field: optional int64 key = 1; */
  key: bigint;
  /** @generated from field: repeated int64 value = 2; */
  value: bigint[];
};
export const IntIntListEntryProtoSchema: GenMessage<IntIntListEntryProto> = /*@__PURE__*/
  messageDesc(file_onnx, 3);
/** @generated from message onnx.NodeDeviceConfigurationProto */
export type NodeDeviceConfigurationProto = Message<"onnx.NodeDeviceConfigurationProto"> & {
  /** @generated from field: optional string configuration_id = 1; */
  configurationId: string;
  /** @generated from field: repeated onnx.ShardingSpecProto sharding_spec = 2; */
  shardingSpec: ShardingSpecProto[];
  /** @generated from field: optional int32 pipeline_stage = 3; */
  pipelineStage: number;
};
export const NodeDeviceConfigurationProtoSchema: GenMessage<NodeDeviceConfigurationProto> = /*@__PURE__*/
  messageDesc(file_onnx, 4);
/** @generated from message onnx.ShardingSpecProto */
export type ShardingSpecProto = Message<"onnx.ShardingSpecProto"> & {
  /** @generated from field: optional string tensor_name = 1; */
  tensorName: string;
  /** @generated from field: repeated int64 device = 2; */
  device: bigint[];
  /** @generated from field: repeated onnx.IntIntListEntryProto index_to_device_group_map = 3; */
  indexToDeviceGroupMap: IntIntListEntryProto[];
  /** @generated from field: repeated onnx.ShardedDimProto sharded_dim = 4; */
  shardedDim: ShardedDimProto[];
};
export const ShardingSpecProtoSchema: GenMessage<ShardingSpecProto> = /*@__PURE__*/
  messageDesc(file_onnx, 5);
/** @generated from message onnx.ShardedDimProto */
export type ShardedDimProto = Message<"onnx.ShardedDimProto"> & {
  /** @generated from field: optional int64 axis = 1; */
  axis: bigint;
  /** @generated from field: repeated onnx.SimpleShardedDimProto simple_sharding = 2; */
  simpleSharding: SimpleShardedDimProto[];
};
export const ShardedDimProtoSchema: GenMessage<ShardedDimProto> = /*@__PURE__*/
  messageDesc(file_onnx, 6);
/** @generated from message onnx.SimpleShardedDimProto */
export type SimpleShardedDimProto = Message<"onnx.SimpleShardedDimProto"> & {
  /** @generated from oneof onnx.SimpleShardedDimProto.dim */
  dim: {
    /** @generated from field: int64 dim_value = 1; */
    value: bigint;
    case: "dimValue";
  } | {
    /** @generated from field: string dim_param = 2; */
    value: string;
    case: "dimParam";
  } | { case: undefined; value?: undefined };
  /** @generated from field: optional int64 num_shards = 3; */
  numShards: bigint;
};
export const SimpleShardedDimProtoSchema: GenMessage<SimpleShardedDimProto> = /*@__PURE__*/
  messageDesc(file_onnx, 7);
/** @generated from message onnx.TrainingInfoProto */
export type TrainingInfoProto = Message<"onnx.TrainingInfoProto"> & {
  /** @generated from field: optional onnx.GraphProto initialization = 1; */
  initialization?: GraphProto | undefined;
  /** @generated from field: optional onnx.GraphProto algorithm = 2; */
  algorithm?: GraphProto | undefined;
  /** @generated from field: repeated onnx.StringStringEntryProto initialization_binding = 3; */
  initializationBinding: StringStringEntryProto[];
  /** @generated from field: repeated onnx.StringStringEntryProto update_binding = 4; */
  updateBinding: StringStringEntryProto[];
};
export const TrainingInfoProtoSchema: GenMessage<TrainingInfoProto> = /*@__PURE__*/
  messageDesc(file_onnx, 8);
/** @generated from message onnx.ModelProto */
export type ModelProto = Message<"onnx.ModelProto"> & {
  /** @generated from field: optional int64 ir_version = 1; */
  irVersion: bigint;
  /** @generated from field: repeated onnx.OperatorSetIdProto opset_import = 8; */
  opsetImport: OperatorSetIdProto[];
  /** @generated from field: optional string producer_name = 2; */
  producerName: string;
  /** @generated from field: optional string producer_version = 3; */
  producerVersion: string;
  /** @generated from field: optional string domain = 4; */
  domain: string;
  /** @generated from field: optional int64 model_version = 5; */
  modelVersion: bigint;
  /** @generated from field: optional string doc_string = 6; */
  docString: string;
  /** @generated from field: optional onnx.GraphProto graph = 7; */
  graph?: GraphProto | undefined;
  /** @generated from field: repeated onnx.StringStringEntryProto metadata_props = 14; */
  metadataProps: StringStringEntryProto[];
  /** @generated from field: repeated onnx.TrainingInfoProto training_info = 20; */
  trainingInfo: TrainingInfoProto[];
  /** @generated from field: repeated onnx.FunctionProto functions = 25; */
  functions: FunctionProto[];
  /** @generated from field: repeated onnx.DeviceConfigurationProto configuration = 26; */
  configuration: DeviceConfigurationProto[];
};
export const ModelProtoSchema: GenMessage<ModelProto> = /*@__PURE__*/
  messageDesc(file_onnx, 9);
/** @generated from message onnx.DeviceConfigurationProto */
export type DeviceConfigurationProto = Message<"onnx.DeviceConfigurationProto"> & {
  /** @generated from field: optional string name = 1; */
  name: string;
  /** @generated from field: optional int32 num_devices = 2; */
  numDevices: number;
  /** @generated from field: repeated string device = 3; */
  device: string[];
};
export const DeviceConfigurationProtoSchema: GenMessage<DeviceConfigurationProto> = /*@__PURE__*/
  messageDesc(file_onnx, 10);
/** @generated from message onnx.StringStringEntryProto */
export type StringStringEntryProto = Message<"onnx.StringStringEntryProto"> & {
  /** @generated from field: optional string key = 1; */
  key: string;
  /** @generated from field: optional string value = 2; */
  value: string;
};
export const StringStringEntryProtoSchema: GenMessage<StringStringEntryProto> = /*@__PURE__*/
  messageDesc(file_onnx, 11);
/** @generated from message onnx.TensorAnnotation */
export type TensorAnnotation = Message<"onnx.TensorAnnotation"> & {
  /** @generated from field: optional string tensor_name = 1; */
  tensorName: string;
  /** @generated from field: repeated onnx.StringStringEntryProto quant_parameter_tensor_names = 2; */
  quantParameterTensorNames: StringStringEntryProto[];
};
export const TensorAnnotationSchema: GenMessage<TensorAnnotation> = /*@__PURE__*/
  messageDesc(file_onnx, 12);
/** @generated from message onnx.GraphProto */
export type GraphProto = Message<"onnx.GraphProto"> & {
  /** @generated from field: repeated onnx.NodeProto node = 1; */
  node: NodeProto[];
  /** @generated from field: optional string name = 2; */
  name: string;
  /** @generated from field: repeated onnx.TensorProto initializer = 5; */
  initializer: TensorProto[];
  /** @generated from field: repeated onnx.SparseTensorProto sparse_initializer = 15; */
  sparseInitializer: SparseTensorProto[];
  /** @generated from field: optional string doc_string = 10; */
  docString: string;
  /** @generated from field: repeated onnx.ValueInfoProto input = 11; */
  input: ValueInfoProto[];
  /** @generated from field: repeated onnx.ValueInfoProto output = 12; */
  output: ValueInfoProto[];
  /** @generated from field: repeated onnx.ValueInfoProto value_info = 13; */
  valueInfo: ValueInfoProto[];
  /** @generated from field: repeated onnx.TensorAnnotation quantization_annotation = 14; */
  quantizationAnnotation: TensorAnnotation[];
  /** @generated from field: repeated onnx.StringStringEntryProto metadata_props = 16; */
  metadataProps: StringStringEntryProto[];
};
export const GraphProtoSchema: GenMessage<GraphProto> = /*@__PURE__*/
  messageDesc(file_onnx, 13);
/** @generated from message onnx.TensorProto */
export type TensorProto = Message<"onnx.TensorProto"> & {
  /** @generated from field: repeated int64 dims = 1; */
  dims: bigint[];
  /** @generated from field: optional int32 data_type = 2; */
  dataType: number;
  /** @generated from field: optional onnx.TensorProto.Segment segment = 3; */
  segment?: TensorProto_Segment | undefined;
  /** @generated from field: repeated float float_data = 4 [packed = true]; */
  floatData: number[];
  /** @generated from field: repeated int32 int32_data = 5 [packed = true]; */
  int32Data: number[];
  /** @generated from field: repeated bytes string_data = 6; */
  stringData: Uint8Array[];
  /** @generated from field: repeated int64 int64_data = 7 [packed = true]; */
  int64Data: bigint[];
  /** @generated from field: optional string name = 8; */
  name: string;
  /** @generated from field: optional string doc_string = 12; */
  docString: string;
  /** @generated from field: optional bytes raw_data = 9; */
  rawData: Uint8Array;
  /** @generated from field: repeated onnx.StringStringEntryProto external_data = 13; */
  externalData: StringStringEntryProto[];
  /** @generated from field: optional onnx.TensorProto.DataLocation data_location = 14; */
  dataLocation: TensorProto_DataLocation;
  /** @generated from field: repeated double double_data = 10 [packed = true]; */
  doubleData: number[];
  /** @generated from field: repeated uint64 uint64_data = 11 [packed = true]; */
  uint64Data: bigint[];
  /** @generated from field: repeated onnx.StringStringEntryProto metadata_props = 16; */
  metadataProps: StringStringEntryProto[];
};
export const TensorProtoSchema: GenMessage<TensorProto> = /*@__PURE__*/
  messageDesc(file_onnx, 14);
/** @generated from message onnx.TensorProto.Segment */
export type TensorProto_Segment = Message<"onnx.TensorProto.Segment"> & {
  /** @generated from field: optional int64 begin = 1; */
  begin: bigint;
  /** @generated from field: optional int64 end = 2; */
  end: bigint;
};
export const TensorProto_SegmentSchema: GenMessage<TensorProto_Segment> = /*@__PURE__*/
  messageDesc(file_onnx, 14, 0);
/** @generated from enum onnx.TensorProto.DataType */
export const TensorProto_DataType = {
  UNDEFINED: 0,
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  COMPLEX64: 14,
  COMPLEX128: 15,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
  UINT4: 21,
  INT4: 22,
  FLOAT4E2M1: 23,
  FLOAT8E8M0: 24,
  UINT2: 25,
  INT2: 26,
  FLOAT6E2M3: 27,
  FLOAT6E3M2: 28,
} as const;
export type TensorProto_DataType = (typeof TensorProto_DataType)[keyof typeof TensorProto_DataType];
export const TensorProto_DataTypeSchema: GenEnum<TensorProto_DataType> = /*@__PURE__*/
  enumDesc(file_onnx, 14, 0);
/** @generated from enum onnx.TensorProto.DataLocation */
export const TensorProto_DataLocation = {
  DEFAULT: 0,
  EXTERNAL: 1,
} as const;
export type TensorProto_DataLocation = (typeof TensorProto_DataLocation)[keyof typeof TensorProto_DataLocation];
export const TensorProto_DataLocationSchema: GenEnum<TensorProto_DataLocation> = /*@__PURE__*/
  enumDesc(file_onnx, 14, 1);
/** @generated from message onnx.SparseTensorProto */
export type SparseTensorProto = Message<"onnx.SparseTensorProto"> & {
  /** @generated from field: optional onnx.TensorProto values = 1; */
  values?: TensorProto | undefined;
  /** @generated from field: optional onnx.TensorProto indices = 2; */
  indices?: TensorProto | undefined;
  /** @generated from field: repeated int64 dims = 3; */
  dims: bigint[];
};
export const SparseTensorProtoSchema: GenMessage<SparseTensorProto> = /*@__PURE__*/
  messageDesc(file_onnx, 15);
/** @generated from message onnx.TensorShapeProto */
export type TensorShapeProto = Message<"onnx.TensorShapeProto"> & {
  /** @generated from field: repeated onnx.TensorShapeProto.Dimension dim = 1; */
  dim: TensorShapeProto_Dimension[];
};
export const TensorShapeProtoSchema: GenMessage<TensorShapeProto> = /*@__PURE__*/
  messageDesc(file_onnx, 16);
/** @generated from message onnx.TensorShapeProto.Dimension */
export type TensorShapeProto_Dimension = Message<"onnx.TensorShapeProto.Dimension"> & {
  /** @generated from oneof onnx.TensorShapeProto.Dimension.value */
  value: {
    /** @generated from field: int64 dim_value = 1; */
    value: bigint;
    case: "dimValue";
  } | {
    /** @generated from field: string dim_param = 2; */
    value: string;
    case: "dimParam";
  } | { case: undefined; value?: undefined };
  /** @generated from field: optional string denotation = 3; */
  denotation: string;
};
export const TensorShapeProto_DimensionSchema: GenMessage<TensorShapeProto_Dimension> = /*@__PURE__*/
  messageDesc(file_onnx, 16, 0);
/** @generated from message onnx.TypeProto */
export type TypeProto = Message<"onnx.TypeProto"> & {
  /** @generated from oneof onnx.TypeProto.value */
  value: {
    /** @generated from field: onnx.TypeProto.Tensor tensor_type = 1; */
    value: TypeProto_Tensor;
    case: "tensorType";
  } | {
    /** @generated from field: onnx.TypeProto.Sequence sequence_type = 4; */
    value: TypeProto_Sequence;
    case: "sequenceType";
  } | {
    /** @generated from field: onnx.TypeProto.Map map_type = 5; */
    value: TypeProto_Map;
    case: "mapType";
  } | {
    /** @generated from field: onnx.TypeProto.Optional optional_type = 9; */
    value: TypeProto_Optional;
    case: "optionalType";
  } | {
    /** @generated from field: onnx.TypeProto.SparseTensor sparse_tensor_type = 8; */
    value: TypeProto_SparseTensor;
    case: "sparseTensorType";
  } | {
    /** @generated from field: onnx.TypeProto.Opaque opaque_type = 7; */
    value: TypeProto_Opaque;
    case: "opaqueType";
  } | { case: undefined; value?: undefined };
  /** @generated from field: optional string denotation = 6; */
  denotation: string;
};
export const TypeProtoSchema: GenMessage<TypeProto> = /*@__PURE__*/
  messageDesc(file_onnx, 17);
/** @generated from message onnx.TypeProto.Tensor */
export type TypeProto_Tensor = Message<"onnx.TypeProto.Tensor"> & {
  /** @generated from field: optional int32 elem_type = 1; */
  elemType: number;
  /** @generated from field: optional onnx.TensorShapeProto shape = 2; */
  shape?: TensorShapeProto | undefined;
};
export const TypeProto_TensorSchema: GenMessage<TypeProto_Tensor> = /*@__PURE__*/
  messageDesc(file_onnx, 17, 0);
/** @generated from message onnx.TypeProto.Sequence */
export type TypeProto_Sequence = Message<"onnx.TypeProto.Sequence"> & {
  /** @generated from field: optional onnx.TypeProto elem_type = 1; */
  elemType?: TypeProto | undefined;
};
export const TypeProto_SequenceSchema: GenMessage<TypeProto_Sequence> = /*@__PURE__*/
  messageDesc(file_onnx, 17, 1);
/** @generated from message onnx.TypeProto.Map */
export type TypeProto_Map = Message<"onnx.TypeProto.Map"> & {
  /** @generated from field: optional int32 key_type = 1; */
  keyType: number;
  /** @generated from field: optional onnx.TypeProto value_type = 2; */
  valueType?: TypeProto | undefined;
};
export const TypeProto_MapSchema: GenMessage<TypeProto_Map> = /*@__PURE__*/
  messageDesc(file_onnx, 17, 2);
/** @generated from message onnx.TypeProto.Optional */
export type TypeProto_Optional = Message<"onnx.TypeProto.Optional"> & {
  /** @generated from field: optional onnx.TypeProto elem_type = 1; */
  elemType?: TypeProto | undefined;
};
export const TypeProto_OptionalSchema: GenMessage<TypeProto_Optional> = /*@__PURE__*/
  messageDesc(file_onnx, 17, 3);
/** @generated from message onnx.TypeProto.SparseTensor */
export type TypeProto_SparseTensor = Message<"onnx.TypeProto.SparseTensor"> & {
  /** @generated from field: optional int32 elem_type = 1; */
  elemType: number;
  /** @generated from field: optional onnx.TensorShapeProto shape = 2; */
  shape?: TensorShapeProto | undefined;
};
export const TypeProto_SparseTensorSchema: GenMessage<TypeProto_SparseTensor> = /*@__PURE__*/
  messageDesc(file_onnx, 17, 4);
/** @generated from message onnx.TypeProto.Opaque */
export type TypeProto_Opaque = Message<"onnx.TypeProto.Opaque"> & {
  /** @generated from field: optional string domain = 1; */
  domain: string;
  /** @generated from field: optional string name = 2; */
  name: string;
};
export const TypeProto_OpaqueSchema: GenMessage<TypeProto_Opaque> = /*@__PURE__*/
  messageDesc(file_onnx, 17, 5);
/** @generated from message onnx.OperatorSetIdProto */
export type OperatorSetIdProto = Message<"onnx.OperatorSetIdProto"> & {
  /** @generated from field: optional string domain = 1; */
  domain: string;
  /** @generated from field: optional int64 version = 2; */
  version: bigint;
};
export const OperatorSetIdProtoSchema: GenMessage<OperatorSetIdProto> = /*@__PURE__*/
  messageDesc(file_onnx, 18);
/** @generated from message onnx.FunctionProto */
export type FunctionProto = Message<"onnx.FunctionProto"> & {
  /** @generated from field: optional string name = 1; */
  name: string;
  /** @generated from field: repeated string input = 4; */
  input: string[];
  /** @generated from field: repeated string output = 5; */
  output: string[];
  /** @generated from field: repeated string attribute = 6; */
  attribute: string[];
  /** @generated from field: repeated onnx.AttributeProto attribute_proto = 11; */
  attributeProto: AttributeProto[];
  /** @generated from field: repeated onnx.NodeProto node = 7; */
  node: NodeProto[];
  /** @generated from field: optional string doc_string = 8; */
  docString: string;
  /** @generated from field: repeated onnx.OperatorSetIdProto opset_import = 9; */
  opsetImport: OperatorSetIdProto[];
  /** @generated from field: optional string domain = 10; */
  domain: string;
  /** @generated from field: optional string overload = 13; */
  overload: string;
  /** @generated from field: repeated onnx.ValueInfoProto value_info = 12; */
  valueInfo: ValueInfoProto[];
  /** @generated from field: repeated onnx.StringStringEntryProto metadata_props = 14; */
  metadataProps: StringStringEntryProto[];
};
export const FunctionProtoSchema: GenMessage<FunctionProto> = /*@__PURE__*/
  messageDesc(file_onnx, 19);
/** @generated from enum onnx.Version */
export const Version = {
  _START_VERSION: 0,
  IR_VERSION_2017_10_10: 1,
  IR_VERSION_2017_10_30: 2,
  IR_VERSION_2017_11_3: 3,
  IR_VERSION_2019_1_22: 4,
  IR_VERSION_2019_3_18: 5,
  IR_VERSION_2019_9_19: 6,
  IR_VERSION_2020_5_8: 7,
  IR_VERSION_2021_7_30: 8,
  IR_VERSION_2023_5_5: 9,
  IR_VERSION_2024_3_25: 10,
  IR_VERSION_2025_05_12: 11,
  IR_VERSION_2025_08_26: 12,
  IR_VERSION_2025_11_06: 13,
  IR_VERSION: 14,
} as const;
export type Version = (typeof Version)[keyof typeof Version];
export const VersionSchema: GenEnum<Version> = /*@__PURE__*/
  enumDesc(file_onnx, 0);
/** @generated from enum onnx.OperatorStatus */
export const OperatorStatus = {
  EXPERIMENTAL: 0,
  STABLE: 1,
} as const;
export type OperatorStatus = (typeof OperatorStatus)[keyof typeof OperatorStatus];
export const OperatorStatusSchema: GenEnum<OperatorStatus> = /*@__PURE__*/
  enumDesc(file_onnx, 1);
