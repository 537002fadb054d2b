ALTER TABLE "member" ADD COLUMN "first_name" text;--> statement-breakpoint
ALTER TABLE "member" ADD COLUMN "last_name" text;--> statement-breakpoint
UPDATE "member" SET
	"first_name" = split_part("name", ' ', 1),
	"last_name" = CASE WHEN position(' ' IN "name") = 0 THEN '' ELSE substr("name", position(' ' IN "name") + 1) END;--> statement-breakpoint
ALTER TABLE "member" ALTER COLUMN "first_name" SET NOT NULL, ALTER COLUMN "last_name" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "member" DROP COLUMN "name";--> statement-breakpoint
ALTER TABLE "item" RENAME COLUMN "creator_id" TO "author_id";--> statement-breakpoint
UPDATE "item" SET "path" = text2ltree(replace(ltree2text("path"), '_', ''));--> statement-breakpoint
CREATE TABLE "item_publication" (
	"id" uuid PRIMARY KEY DEFAULT uuid_generate_v4() NOT NULL,
	"item_id" uuid NOT NULL REFERENCES "item"("id") ON DELETE CASCADE,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "item_publication_item_key" UNIQUE("item_id")
);--> statement-breakpoint
INSERT INTO "item_publication" ("item_id") SELECT "id" FROM "item" WHERE nlevel("path") = 1;--> statement-breakpoint
CREATE INDEX "member_last_name_index" ON "member" ("last_name");
