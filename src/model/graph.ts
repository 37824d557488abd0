import { onnx } from "onnx-proto";

const { DataType, DataLocation } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

type Attribute = number | string | readonly number[];
type Dimension = number | string;

const elementTypes = {
  float32: DataType.FLOAT,
  int32: DataType.INT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
} as const;
type ElementType = keyof typeof elementTypes;

/** A graph as onnxruntime-web takes it: the model's bytes, and its weights as files beside it. */
export type OnnxModel = {
  readonly bytes: Uint8Array;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
};

/**
 * Gives back the memory of a graph's weights, whose arrays are empty from then on. They are hundreds of
 * megabytes, and the browser would keep them until it next looks for garbage.
 */
export function freeWeights({ externalData }: OnnxModel): void {
  for (const { data } of externalData) free(data);
}

/** Gives back an array's memory at once, where the browser can; the array is empty from then on. */
export function free({ buffer }: Uint8Array | Float32Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer?.(0);
}

/** Operators that are onnxruntime's own and not ONNX's. */
const contributed = new Set(["RotaryEmbedding", "FusedMatMul", "FastGelu", "Gelu"]);

/**
 * Writes an ONNX graph node by node.
 *
 * A value is known by its name; `node` returns its output's. Weights are external data, so that
 * nothing large passes through protobuf.
 */
export class GraphBuilder {
  readonly #nodes: onnx.INodeProto[] = [];
  readonly #initializers: onnx.ITensorProto[] = [];
  readonly #inputs: onnx.IValueInfoProto[] = [];
  readonly #outputs: onnx.IValueInfoProto[] = [];
  readonly #externalData: { path: string; data: Uint8Array }[] = [];
  #names = 0;

  input(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  output(name: string, type: ElementType = "float32"): void {
    this.#outputs.push(valueInfo(name, type));
  }

  /** Adds a node and returns the name of its output; an empty input name leaves that input out. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    name = this.#fresh(opType),
  ): string {
    this.nodes(opType, inputs, [name], attributes);
    return name;
  }

  /** Adds a node with several outputs. */
  nodes(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.#nodes.push({
      opType,
      domain: contributed.has(opType) ? "com.microsoft" : "",
      name: `${opType}.${this.#nodes.length}`,
      input: [...inputs],
      output: [...outputs],
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
  }

  /** A weight, kept outside the graph. Its array must stay as it is until the session is made. */
  weight(name: string, dims: readonly number[], data: Float32Array): string {
    this.#initializers.push({
      name,
      dims: [...dims],
      dataType: DataType.FLOAT,
      dataLocation: DataLocation.EXTERNAL,
      externalData: [
        { key: "location", value: name },
        { key: "offset", value: "0" },
        { key: "length", value: String(data.byteLength) },
      ],
    });
    this.#externalData.push({
      path: name,
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return name;
  }

  /** A few numbers inside the graph: axes, shapes, small constants. */
  constant(type: ElementType, dims: readonly number[], values: readonly number[]): string {
    const name = this.#fresh("constant");
    const data =
      type === "uint8"
        ? Uint8Array.from(values)
        : type === "int64"
          ? BigInt64Array.from(values, BigInt)
          : type === "int32"
            ? Int32Array.from(values)
            : Float32Array.from(values);
    this.#initializers.push({
      name,
      dims: [...dims],
      dataType: elementTypes[type],
      rawData: new Uint8Array(data.buffer),
    });
    return name;
  }

  build(): OnnxModel {
    const model = onnx.ModelProto.create({
      irVersion: 8,
      producerName: "midthought",
      opsetImport: [
        { domain: "", version: 18 },
        { domain: "com.microsoft", version: 1 },
      ],
      graph: {
        name: "midthought",
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return { bytes: onnx.ModelProto.encode(model).finish(), externalData: this.#externalData };
  }

  #fresh(stem: string): string {
    return `${stem}:${this.#names++}`;
  }
}

function attribute(name: string, value: Attribute): onnx.IAttributeProto {
  if (typeof value === "string") {
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  }
  if (typeof value !== "number") return { name, type: AttributeType.INTS, ints: [...value] };
  return Number.isInteger(value)
    ? { name, type: AttributeType.INT, i: value }
    : { name, type: AttributeType.FLOAT, f: value };
}

function valueInfo(name: string, type: ElementType, dims?: readonly Dimension[]) {
  const shape = dims && {
    dim: dims.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d })),
  };
  return { name, type: { tensorType: { elemType: elementTypes[type], shape } } };
}
