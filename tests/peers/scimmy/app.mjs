// A SCIM server the way users of scimmy write one: express, two Maps, the library's own routers.
// Storage, unique user names and unknown ids are decided here; all else is the library's behaviour.
// Usage: PEER_TOKEN=secret node app.mjs PORT
import {randomUUID} from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const port = Number(process.argv[2]);
const token = process.env.PEER_TOKEN;
if (!port || !token) throw new Error("usage: PEER_TOKEN=secret node app.mjs PORT");

// A Map keeps insertion order, also when a value is replaced: lists are stable.
const users = new Map();
const groups = new Map();

/** The three handlers over one Map: `check(data, id)` may refuse a write, `removed(id)` tidies up. */
function handlers(type, store, {check = () => {}, removed = () => {}} = {}) {
    const find = (id) => {
        if (!store.has(id)) throw new SCIMMY.Types.Error(404, null, `${type} ${id} not found`);
        return store.get(id);
    };
    return {
        ingress(resource, data) {
            // Only PUT and PATCH carry an id, and both need a resource to change.
            const before = resource.id && find(resource.id);
            const id = before?.id ?? randomUUID();
            check(data, id);
            const now = new Date().toISOString();
            const meta = {resourceType: type, created: before?.meta.created ?? now, lastModified: now};
            store.set(id, {...JSON.parse(JSON.stringify(data)), id, meta});
            return store.get(id);
        },
        egress(resource) {
            if (resource.id) return find(resource.id);
            const all = [...store.values()];
            return resource.filter ? resource.filter.match(all) : all;
        },
        degress(resource) {
            find(resource.id);
            store.delete(resource.id);
            removed(resource.id);
        },
    };
}

// userName is unique without regard to case (RFC 7643 §4.1.1).
function uniqueUserName({userName}, id) {
    const taken = [...users.values()].some(
        (user) => user.id !== id && user.userName.toLowerCase() === userName.toLowerCase());
    if (taken) throw new SCIMMY.Types.Error(409, "uniqueness", `userName ${userName} is taken`);
}

// A deleted user is a member of nothing.
function leaveGroups(id) {
    for (const group of groups.values()) group.members = group.members?.filter(({value}) => value !== id);
}

SCIMMY.Resources.declare(SCIMMY.Resources.User, {
    ...handlers("User", users, {check: uniqueUserName, removed: leaveGroups}),
    extensions: [{schema: SCIMMY.Schemas.EnterpriseUser, required: false}],
});
SCIMMY.Resources.declare(SCIMMY.Resources.Group, handlers("Group", groups));

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    baseUri: () => `http://127.0.0.1:${port}`,
    handler(request) {
        if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("wrong or missing token");
    },
}));
app.listen(port, "127.0.0.1");
