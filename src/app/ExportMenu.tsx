import { useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";

import type { LensFormat } from "../engine/protocol";
import { saveJson } from "../state/exportReading";
import { saveLens } from "../state/saveLens";
import { LensItems } from "./LensItems";
import { usePage, useReading, useView } from "./stores";

/** Saves what is on screen, and the lens it is read with, in forms that other programs read. */
export default function ExportMenu() {
  const { reading, files, app } = usePage();
  const say = useView((state) => state.say);
  const hasLens = useReading((state) => state.lens !== "logit" && state.nameInUse() !== null);
  const [host, setHost] = useState<HTMLSpanElement | null>(null);
  const onSave = async (format: LensFormat) => say(await saveLens(files, reading, format));
  return (
    // The menu stays within the page's landmarks.
    <span ref={setHost}>
      <MenuTrigger>
        <Button className="text">Export</Button>
        <Popover
          className="menu-place"
          placement="bottom end"
          offset={0}
          crossOffset={8}
          UNSTABLE_portalContainer={host ?? undefined}
        >
          <Menu className="menu">
            <MenuItem
              className="menu-item"
              onAction={async () => say(await saveJson(reading, app))}
            >
              JSON <small>the whole reading</small>
            </MenuItem>
            {hasLens && (
              <>
                <Separator className="menu-rule" />
                <LensItems onSave={onSave} />
              </>
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
    </span>
  );
}
