import { createStore } from "zustand/vanilla";

import type {
  Engine,
  EngineInfo,
  Found,
  FoundLens,
  FoundModel,
  LoadProgress,
  NamedBlob,
} from "../engine/protocol";
import { FileRefusedError, LensError, NoLensError } from "../errors";
import { lensKindName } from "../lens/lensKind";
import type { App } from "../lens/readingJson";
import type { FileRow, FilesState, WantedLens } from "./filesState";
import { openReading } from "./openReading";
import { isAbort, type ReadingStore, shownOnPage } from "./readingStore";

/** Files and lenses on the page: what is opened, what becomes of it, what a link asks for. */
export function createFilesStore(engine: Engine, reading: ReadingStore, app: App) {
  let queue: Promise<unknown> = Promise.resolve();
  /** What stood in the box while a prompt was text; it comes back with a model that reads text. */
  let words: string | null = null;

  /** How often the visitor went on to another prompt, and whether it is files that change it now. */
  let nGone = 0;
  let isOurs = false;

  return createStore<FilesState>()((set, get) => {
    reading.subscribe(({ prompt, ids }, before) => {
      if (!isOurs && (prompt !== before.prompt || ids !== before.ids)) nGone++;
    });
    /** What changes what is open is done one after the other. */
    function inTurn<T>(act: () => Promise<T>): Promise<T> {
      const turn = queue.then(act);
      queue = turn.catch(() => {});
      return turn;
    }
    /** Changes the prompt on behalf of files. */
    function change(act: () => void): void {
      isOurs = true;
      act();
      isOurs = false;
    }

    // What became of files is told until the visitor goes on to another prompt, or its refusal is gone.
    reading.subscribe(({ prompt, ids, refusal }, before) => {
      const isOver = prompt !== before.prompt || ids !== before.ids || before.refusal !== null;
      const isUnderWay = get().rows.some(({ status }) => status === "reading");
      if (isOver && refusal === null && !isUnderWay) set({ rows: [] });
    });

    function markEach(changes: ReadonlyMap<string, Partial<FileRow>>): void {
      set({ rows: get().rows.map((row) => ({ ...row, ...changes.get(row.name) })) });
    }
    const mark = (files: readonly NamedBlob[], change: Partial<FileRow>) =>
      markEach(new Map(files.map(({ name }) => [name, change])));

    /**
     * Opens one thing; a refusal is noted beside its files and returned.
     *
     * @param open what became of it, in words; null where more is to come
     */
    async function attempt(
      files: readonly NamedBlob[],
      open: () => Promise<string | null>,
    ): Promise<LensError | null> {
      try {
        const note = await open();
        if (note !== null) mark(files, { status: "used", note });
        return null;
      } catch (error) {
        if (isAbort(error)) {
          mark(files, { status: "ignored", note: "cancelled" });
          return null;
        }
        if (!(error instanceof LensError)) throw error;
        mark(files, { status: "refused", note: error.message });
        return error;
      }
    }

    async function replaceModel(model: FoundModel | null): Promise<EngineInfo> {
      const { backend, prompt, info: before, replaceModel } = reading.getState();
      const hadWords = before?.hasTokenizer !== false;
      if (hadWords) words = prompt;
      await replaceModel((report) => engine.openModel(model, backend, report));
      const info = await engine.info();
      const { place, open } = reading.getState();
      if (!info.hasTokenizer) change(() => place(""));
      else if (!hadWords) change(() => place(words ?? ""));
      if (info.hasTokenizer) void shownOnPage(open());
      return info;
    }

    async function openModel(model: FoundModel): Promise<string> {
      const { nLayers, dModel } = (await replaceModel(model)).model;
      return `in use: a model of ${layers(nLayers)} of width ${dModel.toLocaleString("en")}`;
    }

    async function openLens(lens: FoundLens, wanted: WantedLens | null): Promise<string> {
      await reading.getState().load();
      const url = wanted?.remote?.url ?? null;
      const name = await engine.openLens(lens, wanted?.sha256 ?? null, url);
      const info = await engine.info();
      if (get().wanted?.sha256 === wanted?.sha256) set({ wanted: null });
      await reading.getState().know(info);
      const opened = info.lenses.find((one) => one.name === name);
      if (!opened) return "closed";
      void shownOnPage(reading.getState().choose(opened.kind, name));
      return `a ${lensKindName[opened.kind]} lens of ${layers(opened.nLayers)}`;
    }

    /** @param isSame whether the visitor is still where the files were given */
    async function showReading(file: NamedBlob, isSame: () => boolean): Promise<string> {
      const readings = await openReading(file.blob);
      if (!isSame()) return "not shown: you have gone on";
      change(() => reading.getState().show(readings, { kind: "file", name: file.name }));
      return "shown";
    }

    /** Opens what was found, the model before the lenses that are for it. Returns what was refused. */
    async function openFound(found: readonly Found[], isSame: () => boolean): Promise<LensError[]> {
      const refusals: (LensError | null)[] = [];
      const of = <Kind extends Found["kind"]>(kind: Kind) =>
        found.filter((one): one is Extract<Found, { kind: Kind }> => one.kind === kind);
      const ignored = of("ignored").map(({ file }) => file);
      mark(ignored, { status: "ignored" });
      for (const [i, model] of of("model").entries()) {
        const refusal = attempt(model.files, async () => {
          if (i === 0) return openModel(model);
          throw new FileRefusedError("One model is open at a time. Open this one by itself.");
        });
        refusals.push(await refusal);
      }
      const opened: { readonly file: NamedBlob; readonly what: string }[] = [];
      for (const { config, parameters: file, ...lens } of of("lens")) {
        if (config) mark([config], { status: "read" });
        const before = opened.at(-1);
        const refusal = await attempt([file], async () => {
          const what = await openLens({ ...lens, config, parameters: file }, get().wanted);
          opened.push({ file, what });
          return `in use: ${what}`;
        });
        refusals.push(refusal);
        if (before && opened.at(-1) !== before)
          mark([before.file], { note: `open: ${before.what}` });
      }
      for (const { file } of of("reading")) {
        refusals.push(await attempt([file], () => showReading(file, isSame)));
      }
      markEach(
        new Map(
          of("refused").map(({ file, why }) => [file.name, { status: "refused", note: why }]),
        ),
      );
      for (const { file, why } of of("refused")) {
        refusals.push(new FileRefusedError(`${file.name} was not opened. ${why}`));
      }
      return refusals.filter((refusal) => refusal !== null);
    }

    async function openAll(
      files: readonly File[],
      isSame: () => boolean,
    ): Promise<LensError | null> {
      reading.getState().dismiss();
      const blobs = files.map(named);
      set({ rows: blobs.map((file) => rowOf(file)) });
      let found: readonly Found[] = [];
      const unseen = await attempt(blobs, async () => {
        found = await engine.inspect(blobs);
        return null;
      });
      if (unseen) {
        reading.getState().refuse(unseen);
        return unseen;
      }
      // By name: a config may be several lenses'.
      const inside = new Map(found.flatMap(filesOf).map((file) => [file.name, file]));
      set({ rows: Array.from(inside.values(), (file) => rowOf(file)) });
      const refusals = await openFound(found, isSame);
      const isNothing = found.every(({ kind }) => kind === "ignored");
      const refusal =
        refusals[0] ??
        (isNothing
          ? new FileRefusedError(
              "There is nothing to open here. A lens (params.pt, .safetensors, .npz), a model (.gguf, or its folder) or a reading (.json) is.",
            )
          : null);
      if (refusal) reading.getState().refuse(refusal);
      return refusal;
    }

    async function fetchWanted(): Promise<void> {
      const { wanted } = get();
      if (!wanted?.remote) return;
      const { name, sha256, remote } = wanted;
      const file = { name, blob: new Blob() };
      set({ rows: [rowOf(file, remote.sizeBytes)] });
      const report = (progress: LoadProgress) => {
        if (progress.status === "downloading") mark([file], { loadedBytes: progress.loadedBytes });
      };
      const refusal = await attempt([file], async () => {
        const fetched = await engine.fetchLens({ name, sha256, ...remote }, report);
        const lens: FoundLens = {
          kind: "lens",
          name,
          parameters: fetched,
          config: null,
          receipt: null,
        };
        return `in use: ${await openLens(lens, wanted)}`;
      });
      if (refusal) reading.getState().refuse(refusal);
    }

    return {
      rows: [],
      wanted: null,
      saved: [],
      async open(files) {
        if (files.length > 0) await shownOnPage(get().openOrThrow(files));
      },
      async openOrThrow(files) {
        const before = nGone;
        const refusal = await inTurn(() => openAll(files, () => nGone === before));
        if (refusal) throw refusal;
      },
      openBundled: () =>
        inTurn(async () => {
          try {
            await replaceModel(null);
            set({ rows: [] }); // they were of the other one
          } catch (error) {
            if (error instanceof LensError) reading.getState().refuse(error);
            throw error;
          }
        }),
      async close(name) {
        await engine.closeLens(name);
        set({ rows: [] }); // one of them may have been its file
        await reading.getState().know(await engine.info());
      },
      async save(format, wanted) {
        const { lens: kind, info, nameInUse } = reading.getState();
        const name = wanted ?? (kind === "logit" ? null : nameInUse());
        if (!name || !info) throw new NoLensError("tuned", lensKindName[kind]);
        const blob = await engine.saveLens(name, format, app);
        const lens = info.lenses.find((one) => one.name === name);
        if (lens) set({ saved: [...get().saved, lens.sha256] });
        return { blob, name };
      },
      async want(wanted) {
        const { info, choose } = reading.getState();
        const open = info?.lenses.find(({ sha256 }) => sha256 === wanted?.sha256);
        if (!wanted && get().wanted) void engine.cancelFetch();
        set({ wanted: open ? null : wanted });
        if (open) await shownOnPage(choose(open.kind, open.name));
      },
      fetchWanted: () => inTurn(fetchWanted),
      dismiss: () => set({ rows: [] }),
    };
  });
}

const layers = (n: number) => (n === 1 ? "1 layer" : `${n} layers`);

/** A file by the path that it came with. */
const named = (file: File & { readonly relativePath?: string }): NamedBlob => {
  const path = file.relativePath || file.webkitRelativePath || file.name;
  return { name: path.replace(/^(\.?\/)+/, ""), blob: file };
};

const rowOf = ({ name, blob }: NamedBlob, sizeBytes = blob.size): FileRow => ({
  name,
  sizeBytes,
  loadedBytes: null,
  status: "reading",
  note: null,
});

function filesOf(found: Found): readonly NamedBlob[] {
  switch (found.kind) {
    case "model":
      return found.files;
    case "lens":
      return lensFiles(found);
    default:
      return [found.file];
  }
}

const lensFiles = ({ parameters, config, receipt }: FoundLens) =>
  [parameters, config, receipt].filter((file) => file !== null);

export type FilesStore = ReturnType<typeof createFilesStore>;
