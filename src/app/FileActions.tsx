import { copyLink } from "../state/share";
import { ExportMenu } from "./ExportMenu";
import { OpenFilesButton } from "./OpenFilesButton";
import { usePage, useReading, useView } from "./stores";

export function FileActions() {
  const { reading, address } = usePage();
  const say = useView((state) => state.say);
  const hasReading = useReading((state) => state.reading !== null);
  return (
    <div className="files">
      <OpenFilesButton className="text" name="Open files…" />
      <button
        type="button"
        className="text"
        onClick={async () => say(await copyLink(address, reading))}
      >
        Share
      </button>
      {hasReading && <ExportMenu />}
    </div>
  );
}
